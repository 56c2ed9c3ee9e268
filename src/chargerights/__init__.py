"""An open server that knows who may charge where."""

__version__ = "0.1.0"
