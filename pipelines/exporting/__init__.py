"""How an export is made: the code that it carries, the libraries that it asks for, the papers beside it."""
