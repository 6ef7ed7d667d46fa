"""The fields that are read from OTLP logs in Protocol Buffers: opentelemetry/proto/logs/v1 and common/v1, version 1."""

from grace_workers.signals.protobuf import Field, FieldKind

_ANY: dict[int, Field] = {}
_PAIR = {1: Field("key"), 2: Field("value", FieldKind.MESSAGE, _ANY)}
_ANY |= {
    1: Field("stringValue"),
    2: Field("boolValue", FieldKind.FLAG),
    3: Field("intValue", FieldKind.INTEGER),
    4: Field("doubleValue", FieldKind.FLOAT),
    5: Field("arrayValue", FieldKind.MESSAGE, {1: Field("values", FieldKind.MESSAGE, _ANY, many=True)}),
    6: Field("kvlistValue", FieldKind.MESSAGE, {1: Field("values", FieldKind.MESSAGE, _PAIR, many=True)}),
    7: Field("bytesValue", FieldKind.HEX),
}
_ATTRIBUTES = Field("attributes", FieldKind.MESSAGE, _PAIR, many=True)
_RECORD = {
    1: Field("timeUnixNano", FieldKind.FIXED),
    2: Field("severityNumber", FieldKind.INTEGER),
    3: Field("severityText"),
    5: Field("body", FieldKind.MESSAGE, _ANY),
    6: _ATTRIBUTES,
    9: Field("traceId", FieldKind.HEX),
    10: Field("spanId", FieldKind.HEX),
    11: Field("observedTimeUnixNano", FieldKind.FIXED),
}
_SCOPE = {
    1: Field("scope", FieldKind.MESSAGE, {1: Field("name"), 2: Field("version")}),
    2: Field("logRecords", FieldKind.MESSAGE, _RECORD, many=True),
}
_RESOURCE = {
    1: Field("resource", FieldKind.MESSAGE, {1: _ATTRIBUTES}),
    2: Field("scopeLogs", FieldKind.MESSAGE, _SCOPE, many=True),
}
LOGS = {1: Field("resourceLogs", FieldKind.MESSAGE, _RESOURCE, many=True)}
