"""Tests of the autoencoder family."""
