"""What can be wrong with how the service is set up.

BadInput
`-- SettingsMalformed   every flaw of a configuration at once
"""

from __future__ import annotations

from dataclasses import dataclass

from venule.kit.errors import BadInput


@dataclass(eq=False)
class SettingsMalformed(BadInput):
    """A configuration cannot be used; each line of `flaws` names a setting."""

    source: str
    flaws: list[str]
    slug = "settings-malformed"

    @property
    def message(self) -> str:
        return f"{self.source}: " + "; ".join(self.flaws)
