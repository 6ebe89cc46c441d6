"""Pure judgement: measures of the customer base, of a model and of what was done about it; arrays in, numbers out."""
