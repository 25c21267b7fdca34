"""The catalogue of what downloads models, and the downloads among the calls and commands of a program."""
