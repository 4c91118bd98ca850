"""The data sets of the course: images read offline, 2-D toys made by a seed, full sets on request."""

__all__ = [
    "Split",
    "arrays",
    "digits",
    "fashion_mnist",
    "fetch",
    "gaussians",
    "load",
    "mnist",
    "mnist5k",
    "names",
    "rings",
    "spiral",
    "stratified_split",
    "two_moons",
]

from coursekit.data.images import arrays, digits, fashion_mnist, load, mnist, mnist5k, names
from coursekit.data.remote import fetch
from coursekit.data.split import Split, stratified_split
from coursekit.data.toys import gaussians, rings, spiral, two_moons
