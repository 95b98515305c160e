"""Facades: routes of api/facades, without a service model."""

import tempfile
import unittest
from pathlib import Path

from bedplate_codegen import cpp, facades, operations_page, routes

_FACADE = """id = "Tiny API"
protocol = "OpenAi"
path = "/tiny/v1"
key_header = "x-key"

[operations]
Ask = "POST /ask"
Forget = "DELETE /answers/{answerId}"
"""


class Facades(unittest.TestCase):
    def read(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "tiny-api.toml"
            file.write_text(_FACADE)
            return facades.read(file)

    def test_handlers_get_the_exchange(self):
        files = cpp.files(self.read())
        self.assertEqual(set(files), {"service.h", "service.cc", "shapes.cc", "handler.h"})
        self.assertIn("Ask(\n      const wire::Call& call, wire::FacadeExchange& exchange) = 0;",
                      files["handler.h"])
        self.assertIn('.uri = "/tiny/v1/answers/{answerId}", '
                      ".invoke = wire::InvokeFacade<&Handler::Forget>", files["service.cc"])
        self.assertIn('.facade_path = "/tiny/v1"', files["service.cc"])
        self.assertIn('.key_header = "x-key"', files["service.cc"])

    def test_routes_that_collide_are_found(self):
        facade = self.read()
        self.assertEqual(routes.collisions([facade]), [])
        self.assertEqual(len(routes.collisions([facade, facade])), 2)

    def test_the_page_says_where_operations_are(self):
        self.assertIn("Ask (`POST /tiny/v1/ask`)", operations_page.page([self.read()]))

    def test_the_facades_of_the_tree(self):
        loaded = facades.load(Path(__file__).parents[2] / "api")
        self.assertEqual([each.name for each in loaded], ["anthropic-api", "openai-api"])
        self.assertEqual(routes.collisions(loaded), [])


if __name__ == "__main__":
    unittest.main()
