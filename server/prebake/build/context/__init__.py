"""What a build takes from its context, and what could be left out of it."""
