"""Names, patterns, corrections and the mistakes that stop the generator."""

import json
import tempfile
import unittest
from pathlib import Path

from bedplate_codegen import names, patterns, reader, routes
from bedplate_codegen.api import Api


def _model(operations, shapes, **metadata):
    base = {"apiVersion": "1", "endpointPrefix": "x", "protocol": "rest-json"}
    return {"metadata": base | metadata, "operations": operations, "shapes": shapes}


def _get(uri, **more):
    return {"http": {"method": "GET", "requestUri": uri}} | more


class Names(unittest.TestCase):
    def test_enumerators_stay_apart(self):
        texts = ["end_turn", "END_TURN", "5m", "text/csv", "AMAZON.UserInput", "", "unrecognized"]
        self.assertEqual(
            names.enumerators(texts),
            ["kEndTurn", "kEndTurn_", "k5m", "kTextCsv", "kAmazonUserInput", "kEmpty",
             "kUnrecognized_"],
        )

    def test_types_that_differ_by_case_stay_apart(self):
        self.assertEqual(
            names.types(["thing", "Thing", "Handler"]),
            {"Handler": "Handler_", "Thing": "Thing", "thing": "Thing_"},
        )

    def test_members_avoid_keywords(self):
        self.assertEqual(names.member("auto"), "auto_")
        self.assertEqual(names.member("a-b"), "a_b")


class Patterns(unittest.TestCase):
    def test_translates_what_differs(self):
        self.assertEqual(patterns.to_re2(r"[\u0020-\u00FF]+"), r"[\x{0020}-\x{00FF}]+")

    def test_stops_at_what_re2_cannot_say(self):
        for pattern in (r"(?!a)b", r"(?<=a)b", r"(a)\1", "[a&&b]", "a++", "a{1,2048}", "a{1001}"):
            with self.assertRaises(patterns.UnsupportedPattern, msg=pattern):
                patterns.to_re2(pattern)


class Reading(unittest.TestCase):
    def test_a_pattern_out_of_reach_needs_a_correction(self):
        shapes = {
            "In": {"type": "structure", "members": {"a": {"shape": "A"}}},
            "A": {"type": "string", "pattern": "(?!x)y"},
        }
        model = _model({"Op": _get("/", input={"shape": "In"})}, shapes)
        with self.assertRaisesRegex(reader.ModelError, "x#A: look-around.*api/patterns.toml"):
            reader.read("x", model, Api("", {}), serve_all=True)
        api = Api("", {}, patterns={"x#A": "y"})
        constraint = reader.read("x", model, api, serve_all=True).shapes["A"].constraint
        self.assertEqual((constraint.pattern, constraint.re2_pattern), ("(?!x)y", "y"))

    def test_an_operation_that_is_not_there_cannot_be_served(self):
        with self.assertRaisesRegex(reader.ModelError, "no operation Nope"):
            reader.read("x", _model({}, {}), Api("", {"x": {"Nope"}}))

    def test_what_is_left_out_has_one_reason(self):
        model = _model({"Op": _get("/"), "Other": _get("/o"), "Served": _get("/s")}, {})

        def read(*reasons):
            return reader.read("x", model, Api("", {"x": {"Served"}}, {"x": list(reasons)}))

        operations = read(("so", ["O*"])).operations
        self.assertEqual([each.left_out for each in operations], ["so", "so", ""])
        with self.assertRaisesRegex(reader.ModelError, "x#Op is not served.*0 times"):
            read(("so", ["Other"]))
        with self.assertRaisesRegex(reader.ModelError, "x#Op is not served.*2 times"):
            read(("so", ["O*"]), ("too", ["Op"]))
        with self.assertRaisesRegex(reader.ModelError, "Served is left out"):
            read(("so", ["O*", "Served"]))

    def test_an_idempotency_token_is_not_required(self):
        shapes = {
            "In": {
                "type": "structure",
                "required": ["t", "u"],
                "members": {"t": {"shape": "S", "idempotencyToken": True}, "u": {"shape": "S"}},
            },
            "S": {"type": "string"},
        }
        model = _model({"Op": _get("/", input={"shape": "In"})}, shapes)
        members = reader.read("x", model, Api("", {}), serve_all=True).shapes["In"].members
        self.assertEqual([("Required" in m.traits) for m in members], [False, True])

    def test_a_place_may_stand_at_the_shape(self):
        shapes = {
            "In": {"type": "structure", "members": {"foo": {"shape": "M"}}},
            "M": {
                "type": "map",
                "location": "headers",
                "locationName": "x-foo-",
                "key": {"shape": "S"},
                "value": {"shape": "S"},
            },
            "S": {"type": "string"},
        }
        model = _model({"Op": _get("/", input={"shape": "In"})}, shapes)
        member = reader.read("x", model, Api("", {}), serve_all=True).shapes["In"].members[0]
        self.assertEqual((member.location, member.wire_name), ("Headers", "x-foo-"))

    def test_the_oldest_protocol_is_the_default(self):
        spoken = ["smithy-rpc-v2-cbor", "json", "query"]
        model = _model({}, {}, protocol=spoken[0], protocols=spoken)
        service = reader.read("x", model, Api("", {}))
        self.assertEqual((service.protocol, service.accepts_cbor), ("Query", True))

    def _sending(self, event, output=True):
        stream = {"type": "structure", "members": {"event": {"shape": "Event"}}, "eventstream": True}
        holder = {"type": "structure", "members": {"body": {"shape": "Events"}}}
        shapes = {"In": holder, "Out": holder if output else {"type": "structure", "members": {}},
                  "Events": stream, "Event": {"type": "structure", "members": {"part": event}},
                  "S": {"type": "string"}}
        model = _model({"Op": _get("/", input={"shape": "In"}, output={"shape": "Out"})}, shapes)
        return reader.read("x", model, Api("", {}), serve_all=True).operations[0]

    def test_an_input_may_be_made_of_events(self):
        operation = self._sending({"shape": "S"})
        self.assertEqual(operation.input_stream_shape, "Events")

    def test_events_that_are_sent_are_all_json_and_answered_with_events(self):
        for event, output in (({"shape": "S", "eventpayload": True}, True),
                              ({"shape": "S", "eventheader": True}, True), ({"shape": "S"}, False)):
            with self.assertRaises(reader.ModelError):
                self._sending(event, output)


class OwnModels(unittest.TestCase):
    def test_they_add_operations_and_replace_none(self):
        own = {"operations": {"Mine": _get("/mine")}, "shapes": {}}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "x.json"
            model = _model({"Op": _get("/")}, {})
            self.assertEqual(set(reader.add_own(model, file)["operations"]), {"Op"})
            file.write_text(json.dumps(own))
            self.assertEqual(set(reader.add_own(model, file)["operations"]), {"Mine", "Op"})
            with self.assertRaisesRegex(reader.ModelError, "x.json: Mine is in botocore's model"):
                reader.add_own(model, file)


class Routes(unittest.TestCase):
    def _service(self, name, operations, **api):
        return reader.read(name, _model(operations, {}, signingName="s"), Api("", {}, **api))

    def test_a_collision_is_told(self):
        services = [
            self._service("a", {"One": _get("/tags/{arn}")}),
            self._service("b", {"Two": _get("/tags/{resource}")}),
        ]
        self.assertEqual(
            routes.collisions(services),
            ["GET /tags/{}: a#One, b#Two (decide in api/routes.toml)"],
        )

    def test_a_decision_or_a_drop_resolves_it(self):
        one = self._service("a", {"One": _get("/tags/{arn}")})
        decided = self._service(
            "b", {"Two": _get("/tags/{arn}")}, first_label_holds={"b#Two": ":session/"}
        )
        dropped = self._service("b", {"Two": _get("/tags/{arn}")}, dropped={"b#Two"})
        self.assertEqual(routes.collisions([one, decided]), [])
        self.assertEqual(routes.collisions([one, dropped]), [])

    def test_slashes_and_queries_tell_apart(self):
        service = self._service(
            "a", {"A": _get("/x/{y}"), "B": _get("/x/{y}/"), "C": _get("/x/{y}?acl")}
        )
        self.assertEqual(routes.collisions([service]), [])


if __name__ == "__main__":
    unittest.main()
