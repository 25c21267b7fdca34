"""Walking over a build context: what lies in it, how large it is, and why it is sent or not."""
