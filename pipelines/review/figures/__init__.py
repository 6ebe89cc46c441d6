"""The figures of a review, one file a part: read by SQL, added up in the database, never customer by customer."""
