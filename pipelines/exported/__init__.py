"""What an export carries with it: how it is checked, what it scores, and the command that does so.

Copied into every export beside `features` and `training`; imports nothing that scoring does not need.
"""
