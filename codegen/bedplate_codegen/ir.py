"""The intermediate form: what the generator knows of a service, free of botocore's JSON and of C++.

Shapes refer to each other by name; `Service.shapes` holds them all. Only shapes that a served
operation reaches are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    STRUCTURE = "Structure"
    LIST = "List"
    MAP = "Map"
    STRING = "String"
    ENUM = "Enum"
    INTEGER = "Integer"
    LONG = "Long"
    FLOAT = "Float"
    DOUBLE = "Double"
    BOOLEAN = "Boolean"
    BLOB = "Blob"
    TIMESTAMP = "Timestamp"
    DOCUMENT = "Document"


@dataclass(frozen=True)
class Constraint:
    minimum: int | float | None = None  # a float for floating-point shapes only
    maximum: int | float | None = None
    pattern: str | None = None  # as the model has it
    re2_pattern: str | None = None  # what is enforced


@dataclass
class Member:
    name: str
    wire_name: str
    shape: str
    traits: set[str] = field(default_factory=set)  # names of wire::Trait without the k
    location: str = "Body"  # wire::Location without the k
    timestamp_format: str = "Default"
    xml_prefix: str = ""
    xml_namespace: str = ""


@dataclass
class Shape:
    name: str
    kind: Kind
    members: list[Member] = field(default_factory=list)  # list: the element; map: key and value
    traits: set[str] = field(default_factory=set)
    constraint: Constraint | None = None
    enum: list[str] = field(default_factory=list)
    error_status: int = 0
    error_code: str = ""
    xml_name: str = ""
    timestamp_format: str = "Default"


@dataclass
class PermitKey:
    """A condition key of a rule: what `path` of the input holds, or `text` with {places}; with both,
    `text` where `path` is set."""

    key: str
    path: str = ""
    text: str = ""
    form: bool = False  # what `path` holds is "a=1&b=2"


@dataclass
class PermitRule:
    """What a caller must be allowed (authorization.py); as wire::PermitRule."""

    action: str
    arn: str
    directory: str = ""
    name: str = ""
    own: bool = False
    when: str = ""
    when_value: str = ""
    unless: str = ""
    unless_value: str = ""
    keys: list[PermitKey] = field(default_factory=list)
    handler: str = ""  # the operation's handler asks it, and how: not asked by the rule


@dataclass
class Permits:
    rules: list[PermitRule]

    @property
    def asked(self) -> list[PermitRule]:
        return [rule for rule in self.rules if not rule.handler]

    @property
    def by_handler(self) -> bool:
        """Whether nothing is asked unless the handler does."""
        return bool(self.rules) and not self.asked


@dataclass
class Operation:
    name: str
    method: str
    uri: str
    status: int
    served: bool
    input: str | None = None  # shapes; None when the operation is not served
    output: str | None = None
    errors: list[str] = field(default_factory=list)
    # The member of the output that is the event stream, and the stream's union.
    stream_member: str | None = None
    stream_shape: str | None = None
    # The union of the events that the input is made of, where the client sends a stream.
    input_stream_shape: str | None = None
    # The payload is a blob that is not held whole: it is read, or written, piece by piece.
    input_body: bool = False
    output_body: bool = False
    required_query: list[str] = field(default_factory=list)  # wire names
    required_headers: list[str] = field(default_factory=list)
    first_label_holds: str = ""
    output_wrapper: str = ""
    anonymous: bool = False
    permits: Permits | None = None  # of a served operation of api/
    left_out: str = ""  # why it is not served, where api/ says so


@dataclass
class Service:
    name: str
    id: str
    signing_name: str
    endpoint_prefix: str
    api_version: str
    protocol: str  # wire::Protocol without the k
    target_prefix: str = ""
    xml_namespace: str = ""
    json_version: str = ""
    accepts_cbor: bool = False
    query_compatible: bool = False
    bearer: bool = False
    facade_path: str = ""  # of a facade (facades.py): what all of its paths begin with
    key_header: str = ""  # of a facade: a header that may hold the API key
    operations: list[Operation] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
