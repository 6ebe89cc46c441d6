"""Who is champion, why, and how that changes: by comparison, or because a person says so."""
