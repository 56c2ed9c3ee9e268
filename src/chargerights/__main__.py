"""`chargerights` and `python -m chargerights`."""

from .cli import main

if __name__ == "__main__":
    main()
