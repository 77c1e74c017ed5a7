"""Retune: keeps IBM Watson Speech to Text custom models on the newest version of their base model."""

__version__ = "0.1.0"
