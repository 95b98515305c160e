"""Rules of what callers must be allowed: how they are read, what stops the build, what is written."""

import tempfile
import tomllib
import unittest
from pathlib import Path

from bedplate_codegen import api, authorization, cpp, facades, permissions_page, reader
from bedplate_codegen.ir import Kind, Member, Operation, Service, Shape

_API = Path(__file__).parents[2] / "api"


def _service(served=("PutThing", "GetThing")):
    """Things with a name, tags and a part; GetThing has no input."""
    text = Shape("Text", Kind.STRING)
    return Service(
        name="things", id="Things", signing_name="things", endpoint_prefix="things",
        api_version="1", protocol="RestJson",
        operations=[
            Operation("PutThing", "PUT", "/things/{name}", 200, "PutThing" in served, "PutInput"),
            Operation("GetThing", "GET", "/things/{thingId}", 200, "GetThing" in served),
        ],
        shapes={
            "Text": text,
            "Part": Shape("Part", Kind.STRUCTURE, [Member("colour", "colour", "Text"),
                                                   Member("size", "size", "Text"),
                                                   Member("form", "form", "Text")]),
            "Tag": Shape("Tag", Kind.STRUCTURE, [Member("key", "key", "Text"),
                                                 Member("value", "value", "Text")]),
            "Tags": Shape("Tags", Kind.LIST, [Member("member", "member", "Tag")]),
            "PutInput": Shape("PutInput", Kind.STRUCTURE, [Member("name", "name", "Text"),
                                                           Member("part", "part", "Part"),
                                                           Member("tags", "tags", "Tags")]),
        })


_GOOD = """prefix = "things"
[resources]
thing = { arn = "arn:aws:things:{region}:{account}:thing/{name}", directory = "things", name = "name" }
[sets]
looks = { "things:Colour" = "part.colour" }
[operations]
PutThing = [
  { on = "thing", sets = ["looks"], tags = "tags", keys = { "things:Always" = "'yes'", "things:Size" = "{part.size|9}", "things:Form/*" = "form:part.form", "things:Has" = ["set:part.form", "set:part.size"] } },
  { action = "things:Tag", on = "thing", when = "tags", unless = "part.colour=red" },
]
GetThing = { on = "arn:aws:things:::{thingId}" }
"""


def _apply(rules, service=None):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "things.toml").write_text(rules)
        service = service or _service()
        authorization.apply([service], Path(folder))
        return service


class Rules(unittest.TestCase):
    def test_are_read_and_written(self):
        service = _apply(_GOOD)
        put, tag = service.operations[0].permits.rules
        self.assertEqual(put.action, "things:PutThing")
        self.assertEqual((put.arn, put.directory, put.name),
                         ("arn:aws:things:{region}:{account}:thing/{name}", "things", "name"))
        self.assertEqual((tag.when, tag.unless, tag.unless_value), ("tags", "part.colour", "red"))
        source = cpp.files(service, for_tests=True)["service.cc"]
        self.assertIn('{.key = "things:Colour", .path = "part.colour"}', source)
        self.assertIn('{.key = "things:Always", .text = "yes"}', source)
        self.assertIn('{.key = "things:Size", .text = "{part.size|9}"}', source)
        self.assertIn('{.key = "things:Form/*", .path = "part.form", .form = true}', source)
        self.assertIn('{.key = "things:Has", .path = "part.form", .text = "form"}, '
                      '{.key = "things:Has", .path = "part.size", .text = "size"}', source)
        self.assertIn('{.key = "aws:RequestTag/*", .path = "tags"}', source)
        self.assertIn('{.key = "aws:TagKeys", .path = "tags"}', source)
        self.assertIn('.when = "tags", .unless = "part.colour", .unless_value = "red"}', source)
        self.assertIn(".permits = &kPermitsGetThing", source)

    def test_the_page_has_a_row_for_each(self):
        page = permissions_page.page([_apply(_GOOD)])
        self.assertIn("| PutThing | `things:PutThing` | "
                      "`arn:aws:things:{region}:{account}:thing/{name}` |", page)
        self.assertIn("with `tags`, without `part.colour=red`", page)
        self.assertIn("`{part.size\\|9}`", page)
        self.assertIn("`things:Has` (`size` with `part.size`)", page)

    def test_asked_by_the_handler_alone(self):
        rules = _GOOD.replace('GetThing = { on', 'GetThing = { handler = "for each", on')
        permits = _apply(rules).operations[1].permits
        self.assertTrue(permits.by_handler)
        self.assertEqual(permits.asked, [])
        self.assertIn("kPermitsGetThing{.by_handler = true}",
                      cpp.files(_apply(rules), for_tests=True)["service.cc"])

    def test_nothing_asked(self):
        permits = _apply(_GOOD.replace('{ on = "arn:aws:things:::{thingId}" }', "[]")).operations[1]
        self.assertFalse(permits.permits.by_handler)
        self.assertEqual(permits.permits.rules, [])

    def test_what_stops_the_build(self):
        for before, after, why in [
            ("GetThing = ", "GetOther = ", "does not say what GetThing asks"),
            ("GetThing = ", "PutOther = {}\nGetThing = ", "no such operation: PutOther"),
            ('name = "name" }', 'name = "nam" }', "PutInput has no member nam"),
            ('"part.colour" }', '"part.color" }', "Part has no member color"),
            ('"part.colour" }', '"part" }', "part has no text: Part is a structure"),
            ("{part.size|9}", "{part.sise|9}", "Part has no member sise"),
            ("set:part.form", "set:part.from", "Part has no member from"),
            ('when = "tags"', 'when = "tag"', "PutInput has no member tag"),
            ('on = "thing", when', 'on = "think", when', "no such kind of resource: think"),
            ('sets = ["looks"]', 'sets = ["look"]', "no such set of keys: look"),
            ('action = "things:Tag"', 'action = "Tag"', "Tag is no action"),
            ('"things:Always"', '"Always"', "Always is no condition key"),
            ('unless = "part', 'unles = "part', "unles: no such word"),
            ("{thingId}", "{thing}", "the path has no label thing"),
            ('directory = "things", name = "name"', 'directory = "things"', "wants a name"),
        ]:
            with self.subTest(why):
                self.assertIn(before, _GOOD)
                with self.assertRaises(reader.ModelError) as raised:
                    _apply(_GOOD.replace(before, after))
                self.assertIn(why, str(raised.exception))

    def test_rules_of_what_is_not_served_yet_are_let_be(self):
        rules = _GOOD.replace('name = "name" }', 'name = "nam" }')
        self.assertIsNone(_apply(rules, _service(served=("GetThing",))).operations[0].permits)

    def test_a_served_service_without_a_file_stops_the_build(self):
        with tempfile.TemporaryDirectory() as folder:
            authorization.apply([_service(served=())], Path(folder))
            with self.assertRaises(reader.ModelError):
                authorization.apply([_service()], Path(folder))

    def test_a_file_of_no_service_stops_the_build(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "others.toml").write_text('prefix = "others"')
            with self.assertRaises(reader.ModelError):
                authorization.apply([], Path(folder))


class RulesOfTheTree(unittest.TestCase):
    """Every rule of api/authorization, also of what is not served yet, against the models."""

    def test_fit_the_models(self):
        try:
            import botocore
        except ImportError:
            self.skipTest("botocore is not there")
        data = Path(botocore.__file__).parent / "data"
        loaded = api.load(_API)
        known = {service.name: service for service in facades.load(_API)}
        for file in sorted((_API / "authorization").glob("*.toml")):
            with self.subTest(file.stem):
                service = known.get(file.stem) or reader.read(
                    file.stem, reader.add_own(reader.find_model(data, file.stem),
                                              _API / "models" / f"{file.stem}.json"),
                    loaded, serve_all=True)
                rules = tomllib.loads(file.read_text())
                for operation in service.operations:
                    operation.served = operation.name in rules["operations"]
                with tempfile.TemporaryDirectory() as folder:
                    (Path(folder) / file.name).write_text(file.read_text())
                    authorization.apply([service], Path(folder))
                self.assertTrue(all(each.permits for each in service.operations if each.served))


if __name__ == "__main__":
    unittest.main()
