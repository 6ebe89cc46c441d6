"""The monthly review: what changed, why, who, what was done, what it brought, on one page that can be sent on."""
