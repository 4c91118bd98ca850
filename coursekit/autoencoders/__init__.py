"""The family of autoencoders: one interface, from the plain one to the masked one."""

__all__ = ["AELoss", "AEOutput", "Autoencoder", "reconstruction_loss"]

from coursekit.autoencoders.interface import AELoss, AEOutput, Autoencoder
from coursekit.autoencoders.losses import reconstruction_loss
