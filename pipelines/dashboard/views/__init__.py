"""The pages of the dashboard, one file each: a function that draws it on a screen."""
