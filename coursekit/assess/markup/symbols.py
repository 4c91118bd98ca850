"""The mathematical signs that questions may use: one table for paper and terminal."""

__all__ = ["FUNCTIONS", "SPACES", "SYMBOLS"]

from typing import Final

SYMBOLS: Final = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "eta": "η",
    "theta": "θ", "lambda": "λ", "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "phi": "ϕ", "varphi": "φ", "psi": "ψ", "omega": "ω", "Delta": "Δ", "Sigma": "Σ", "Omega": "Ω", "ell": "ℓ",
    "cdot": "⋅", "times": "×", "odot": "⊙", "top": "⊤", "sum": "∑", "prod": "∏", "partial": "∂", "nabla": "∇",
    "le": "≤", "ge": "≥", "ne": "≠", "approx": "≈", "to": "→", "leftarrow": "←", "in": "∈", "infty": "∞",
    "mid": "∣", "pm": "±", "ldots": "…", "dots": "…", "circ": "∘", "sim": "∼", "|": "∥", "{": "{", "}": "}",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "lVert": "‖", "rVert": "‖",
}  # fmt: skip

# Set upright, with a thin space before their argument.
FUNCTIONS: Final = ("ln", "log", "exp", "max", "min", "sin", "cos", "tanh")

# LaTeX -> Typst; a terminal has one space for all.
SPACES: Final = {",": "thin", ";": "thick", " ": "thick", "quad": "quad"}
