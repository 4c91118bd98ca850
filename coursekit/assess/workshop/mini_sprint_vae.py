"""The VAE sprint, steps A to F: encoder, draw, decoder, loss, training, samples; 20 points."""

__all__ = ["EXERCISES"]

from coursekit.assess.workshop._kl import KL
from coursekit.assess.workshop._loss import LOSS
from coursekit.assess.workshop._networks import DECODER, ENCODER
from coursekit.assess.workshop._reparameterize import REPARAMETERIZE
from coursekit.assess.workshop._sample import SAMPLE
from coursekit.assess.workshop._trained import TRAINED
from coursekit.assess.workshop._training import TRAIN
from coursekit.assess.workshop._use import BOUND, FORWARD

EXERCISES = (ENCODER, REPARAMETERIZE, DECODER, KL, LOSS, FORWARD, TRAIN, TRAINED, BOUND, SAMPLE)
