"""What churn is: one class a file, each saying who is a customer at a cutoff and who leaves after it."""
