"""Passkeys as the browser and the authenticator speak of them: W3C Web Authentication Level 3.

User verification is required, so that a passkey alone is two factors. Passkeys are discoverable:
who signs in gives no name, and nobody learns which names there are. Attestation is not asked for.
The counter is not judged here but where it is kept, in the writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from venule.access.errors import CeremonyRefused
from venule.access.model import (
    CHALLENGE_LASTS,
    Assertion,
    ChallengeId,
    LoginId,
    NewPasskey,
    Passkey,
)

ANSWER_CHARS_MAX: Final = 32_768
TIMEOUT_MS: Final = int(CHALLENGE_LASTS.total_seconds()) * 1_000


class Ceremonies:
    """The house as a relying party."""

    def __init__(self, rp_id: str, rp_name: str, origins: Sequence[str]) -> None:
        """rp_id: the domain for which passkeys are made. origins: where pages may use them."""
        self._rp_id = rp_id
        self._rp_name = rp_name
        self._origins = list(origins)

    def registration(
        self, login_id: LoginId, name: str, challenge: bytes, there: Sequence[Passkey]
    ) -> dict[str, Any]:
        """Return the options of `navigator.credentials.create`. there: not to be made again."""
        options = generate_registration_options(
            rp_id=self._rp_id,
            rp_name=self._rp_name,
            user_id=login_id.bytes,
            user_name=name,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(p.credential_id) for p in there],
        )
        return options_to_json_dict(options)

    def registered(self, answer: str, challenge: bytes, name: str) -> NewPasskey:
        """Verify what was made. Raises: CeremonyRefused."""
        if len(answer) > ANSWER_CHARS_MAX:
            raise CeremonyRefused
        try:
            seen = verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError) as error:
            raise CeremonyRefused from error
        return NewPasskey(
            seen.credential_id,
            seen.credential_public_key,
            seen.sign_count,
            seen.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            seen.credential_backed_up,
            name,
        )

    def assertion(self, challenge: bytes, allowed: Sequence[Passkey] = ()) -> dict[str, Any]:
        """Return the options of `navigator.credentials.get`. allowed: none: any of this house."""
        options = generate_authentication_options(
            rp_id=self._rp_id,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            allow_credentials=[PublicKeyCredentialDescriptor(p.credential_id) for p in allowed],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    def read(self, answer: str) -> AuthenticationCredential:
        """Read an answer, not verified yet. Raises: CeremonyRefused."""
        if len(answer) > ANSWER_CHARS_MAX:
            raise CeremonyRefused
        try:
            return parse_authentication_credential_json(answer)
        except (WebAuthnException, ValueError, TypeError, KeyError) as error:
            raise CeremonyRefused from error

    def asserted(
        self,
        answer: AuthenticationCredential,
        challenge_id: ChallengeId,
        challenge: bytes | None,
        passkey: Passkey | None,
    ) -> Assertion:
        """Verify an answer; one that does not hold has no passkey."""
        nothing = Assertion(challenge_id, None)
        if challenge is None or passkey is None:
            return nothing
        handle = answer.response.user_handle
        if handle is not None and handle != passkey.login_id.bytes:
            return nothing
        try:
            seen = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError):
            return nothing
        return Assertion(
            challenge_id,
            passkey.id,
            seen.new_sign_count,
            seen.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            seen.credential_backed_up,
        )
