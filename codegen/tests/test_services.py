"""Every service of the design, with all of its operations, goes through the generator."""

import unittest
from pathlib import Path

import botocore

from bedplate_codegen import api, cpp, reader, routes

_SERVICES = (
    "bedrock bedrock-runtime bedrock-agent bedrock-agent-runtime s3 logs cloudwatch iam kms sts sns"
).split()


class Services(unittest.TestCase):
    def test_all_operations_of_all_services(self):
        folder = Path(__file__).parents[2] / "api"
        data = Path(botocore.__file__).parent / "data"
        loaded = api.load(folder)
        services = [
            reader.read(name, reader.add_own(reader.find_model(data, name),
                                             folder / "models" / f"{name}.json"),
                        loaded, serve_all=True)
            for name in _SERVICES
        ]
        self.assertEqual(routes.collisions(services), [])
        self.assertGreater(sum(len(service.operations) for service in services), 800)
        for service in services:
            self.assertIn("class Handler", cpp.files(service)["handler.h"])

    def test_every_correction_is_of_a_shape_that_is_there(self):
        folder = Path(__file__).parents[2] / "api"
        data = Path(botocore.__file__).parent / "data"
        loaded = api.load(folder)
        for key in loaded.patterns:
            service, _, shape = key.partition("#")
            self.assertIn("pattern", reader.find_model(data, service)["shapes"][shape], key)
        for key in [*loaded.dropped, *loaded.first_label_holds]:
            service, _, operation = key.partition("#")
            self.assertIn(operation, reader.find_model(data, service)["operations"], key)


if __name__ == "__main__":
    unittest.main()
