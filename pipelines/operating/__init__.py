"""What keeps the scores coming by themselves: the nightly job, its log, and how it stands."""
