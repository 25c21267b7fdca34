"""Writing the ignore file that a context should have, or adding to somebody's."""
