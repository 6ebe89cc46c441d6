"""What the commands do, apart from stages."""
