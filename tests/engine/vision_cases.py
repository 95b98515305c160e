"""Conversations with images for the tiny model of vision_model.py: turns of a role and its texts and
images, by the seeds of picture()."""

CASES = {
    "no image": [("user", ["Which colours?"])],
    "image and text": [("user", [1, "Which colours?"])],
    "text and image": [("user", ["Which colours has ", 1])],
    "another image": [("user", [2, "Which colours?"])],
    "two images": [("user", ["Is ", 1, " as ", 3, "?"])],
    "a second turn": [("user", [1, "Which colours?"]), ("assistant", ["Grey."]),
                      ("user", ["And in ", 2, "?"])],
}
