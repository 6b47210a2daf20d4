from typing import Optional

__version__: str

def advise_line(
    household: str,
    config: Optional[str],
    market: Optional[str],
    today: str,
    what_if: bool,
) -> str: ...
