"""Patterns and ignore files that do not do what their author means."""
