"""What layers carry in vain: caches, package lists, files written twice or deleted later, weights among code."""
