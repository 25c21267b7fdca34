"""Semantic search over a catalogue of articles."""
