"""`chargerights` and `python -m chargerights`."""

from chargerights.cli import main

if __name__ == "__main__":
    main()
