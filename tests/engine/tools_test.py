"""Tools and structured output of the real model, which is too small to use tools by itself: that
its calls and answers hold all the same is the grammar's doing."""

import concurrent.futures
import json

import httpx
import openai
import pytest

WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "The weather of a city now",
    "parameters": {"type": "object", "properties": {
        "city": {"type": "string", "maxLength": 20},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 14}},
        "required": ["city", "unit", "days"], "additionalProperties": False}}}
PAINT = {"type": "function", "function": {
    "name": "paint", "description": "Paints a wall",
    "parameters": {"type": "object", "properties": {
        "colour": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
        "layers": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 9},
                   "minItems": 1, "maxItems": 3}},
        "required": ["colour", "layers"]}}}
RECIPE = {"type": "object", "properties": {
    "title": {"type": "string", "minLength": 1, "maxLength": 24},
    "vegetarian": {"type": "boolean"},
    "minutes": {"type": "integer", "minimum": 1, "maximum": 240},
    "kind": {"enum": ["soup", "salad", "dessert"]},
    "steps": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"$ref": "#/$defs/step"}}},
    "required": ["title", "vegetarian", "minutes", "kind", "steps"],
    "additionalProperties": False,
    "$defs": {"step": {"type": "object", "properties": {
        "verb": {"type": "string", "pattern": "^[a-z]{2,8}$"}, "note": {"type": ["string", "null"],
                                                                        "maxLength": 10}},
        "required": ["verb", "note"], "additionalProperties": False}}}


def ask(engine, text="What is the weather in Paris?", **options):
    messages = options.pop("messages", [{"role": "user", "content": text}])
    return engine.openai.chat.completions.create(model="any", messages=messages, **options)


def check_weather(arguments):
    value = json.loads(arguments)
    assert sorted(value) == ["city", "days", "unit"]
    assert isinstance(value["city"], str) and len(value["city"]) <= 20
    assert value["unit"] in ("celsius", "fahrenheit")
    assert isinstance(value["days"], int) and 1 <= value["days"] <= 14


def check_recipe(value):
    assert sorted(value) == sorted(RECIPE["properties"])
    assert 1 <= len(value["title"]) <= 24 and isinstance(value["vegetarian"], bool)
    assert value["kind"] in ("soup", "salad", "dessert")
    assert isinstance(value["minutes"], int) and 1 <= value["minutes"] <= 240
    assert 1 <= len(value["steps"]) <= 3
    for step in value["steps"]:
        assert sorted(step) == ["note", "verb"]
        assert step["verb"].isalpha() and 2 <= len(step["verb"]) <= 8


def test_a_required_call_is_always_valid(chat_engine):
    def draw(seed):
        return ask(chat_engine, tools=[WEATHER], tool_choice="required", parallel_tool_calls=False,
                   temperature=1.5, top_p=1.0, seed=seed, max_tokens=400).choices[0]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for choice in pool.map(draw, range(32)):
            assert choice.finish_reason == "tool_calls", choice
            assert choice.message.content is None
            (call,) = choice.message.tool_calls
            assert call.type == "function" and call.id.startswith("call_")
            assert call.function.name == "get_weather"
            check_weather(call.function.arguments)


def test_a_named_tool_is_the_one_called(chat_engine):
    for seed in range(6):
        choice = ask(chat_engine, tools=[WEATHER, PAINT], temperature=1.2, seed=seed,
                     parallel_tool_calls=False, max_tokens=120, tool_choice={
                         "type": "function", "function": {"name": "paint"}}).choices[0]
        (call,) = choice.message.tool_calls
        assert call.function.name == "paint"
        value = json.loads(call.function.arguments)
        assert len(value["colour"]) == 7 and int(value["colour"][1:], 16) >= 0
        assert 1 <= len(value["layers"]) <= 3 and all(1 <= n <= 9 for n in value["layers"])


def test_an_answer_keeps_to_its_schema(chat_engine):
    def draw(seed):
        return ask(chat_engine, "A recipe, please.", seed=seed, temperature=1.5, top_p=1.0,
                   max_tokens=400, response_format={"type": "json_schema", "json_schema": {
                       "name": "recipe", "strict": True, "schema": RECIPE}}).choices[0]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for choice in pool.map(draw, range(24)):
            assert choice.finish_reason == "stop", choice
            check_recipe(json.loads(choice.message.content))


def test_with_tools_and_a_schema_an_answer_is_of_either(chat_engine):
    def draw(seed):
        return ask(chat_engine, seed=seed, temperature=1.5, top_p=1.0, max_tokens=400,
                   tools=[WEATHER], parallel_tool_calls=False, response_format={
                       "type": "json_schema",
                       "json_schema": {"name": "recipe", "schema": RECIPE}}).choices[0]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for choice in pool.map(draw, range(16)):
            if choice.finish_reason == "tool_calls":
                assert not choice.message.content
                (call,) = choice.message.tool_calls
                check_weather(call.function.arguments)
            else:
                assert choice.finish_reason == "stop", choice
                check_recipe(json.loads(choice.message.content))


def test_a_json_object_is_one(chat_engine):
    answer = ask(chat_engine, "Name a colour as a small JSON object.", temperature=0,
                 max_tokens=200, response_format={"type": "json_object"})
    if answer.choices[0].finish_reason == "stop":
        assert isinstance(json.loads(answer.choices[0].message.content), dict)
    assert answer.choices[0].message.content.startswith("{")


def test_a_stream_brings_the_same_calls_as_a_whole_answer(chat_engine):
    """All that the schema leaves to the model is white space."""
    only = {"town": "Bern \u00e9", "unit": "celsius", "days": [3, 14], "now": None}
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": {
        "type": "object", "properties": {name: {"const": value} for name, value in only.items()},
        "required": list(only), "additionalProperties": False}}}
    options = {"tools": [tool], "tool_choice": "required", "parallel_tool_calls": False,
               "max_tokens": 200}
    choice = ask(chat_engine, temperature=0, **options).choices[0]
    text, calls, reason, usage = streamed(chat_engine, options)
    (whole,), (streamed_call,) = choice.message.tool_calls, calls
    assert whole.function.name == streamed_call[0] == "get_weather"
    assert json.loads(whole.function.arguments) == json.loads(streamed_call[1]) == only
    assert not choice.message.content and not text
    assert choice.finish_reason == reason == "tool_calls"
    assert 20 < usage.completion_tokens < 200


def test_a_call_that_is_cut_off_says_so(chat_engine):
    options = {"tools": [WEATHER], "tool_choice": "required", "max_tokens": 12}
    whole = ask(chat_engine, temperature=0, **options)
    text, calls, reason, usage = streamed(chat_engine, options)
    assert whole.choices[0].finish_reason == reason == "length"
    assert whole.usage.completion_tokens == usage.completion_tokens == 12
    assert not whole.choices[0].message.content and not text
    assert all(name == "get_weather" for name, _ in calls)


def test_an_answer_that_need_not_call_streams_its_text(chat_engine):
    text, calls, reason, usage = streamed(chat_engine, {
        "tools": [WEATHER, PAINT], "tool_choice": "auto", "max_tokens": 40})
    assert text or calls
    assert reason == ("length" if usage.completion_tokens == 40 else
                      "tool_calls" if calls else "stop")


def test_a_stream_keeps_to_its_schema(chat_engine):
    options = {"response_format": {"type": "json_schema", "json_schema": {
        "name": "r", "schema": RECIPE}}, "max_tokens": 400}
    text, calls, reason, _ = streamed(chat_engine, options)
    check_recipe(json.loads(text))
    assert not calls and reason == "stop"


def streamed(chat_engine, options):
    """Text, calls as [name, arguments], finish reason and usage of a streamed answer."""
    text, calls, reason, usage = "", [], None, None
    for chunk in ask(chat_engine, temperature=0, stream=True,
                     stream_options={"include_usage": True}, **options):
        if not chunk.choices:
            usage = chunk.usage
            continue
        (choice,) = chunk.choices
        assert reason is None
        reason = choice.finish_reason
        text += choice.delta.content or ""
        for call in choice.delta.tool_calls or []:
            if call.index == len(calls):
                assert call.id and call.type == "function"
                calls.append([call.function.name, ""])
            else:
                assert call.id is None and call.function.name is None
            calls[call.index][1] += call.function.arguments
    return text, calls, reason, usage


def test_arguments_come_piece_by_piece(chat_engine):
    pieces = [call.function.arguments
              for chunk in ask(chat_engine, tools=[PAINT], tool_choice="required", stream=True,
                               temperature=0, max_tokens=100)
              for call in chunk.choices[0].delta.tool_calls or []]
    assert len([piece for piece in pieces if piece]) >= 5


CONVERSATION = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "Weather in "},
                                 {"type": "text", "text": "Paris?"}]},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "call_1", "type": "function",
         "function": {"name": "get_weather",
                      "arguments": "{\"city\":\"Paris\",\"unit\":\"celsius\",\"days\":1}"}}]},
    {"role": "tool", "tool_call_id": "call_1", "content": "18 degrees <|im_end|>"},
    {"role": "user", "content": "Thank you. And tomorrow?"}]


@pytest.mark.parametrize("settings", [
    {}, {"tools": [WEATHER]}, {"tools": [WEATHER, PAINT], "tool_choice": "required"},
    {"tools": [WEATHER], "tool_choice": "none"},
    {"response_format": {"type": "json_object"}}])
def test_tokenize_counts_what_the_completion_uses(chat_engine, settings):
    answer = ask(chat_engine, messages=CONVERSATION, max_tokens=4, **settings)
    count = chat_engine.http.post("/v1/tokenize",
                                  json={"messages": CONVERSATION, **settings}).json()["count"]
    assert count == answer.usage.prompt_tokens


def refused(engine, **members):
    body = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 4} | members
    response = engine.http.post("/v1/chat/completions", json=body)
    assert response.status_code == 400, response.text
    return response.json()["error"]["message"]


def tool(name="t", parameters=None, **more):
    function = {"name": name, "parameters": parameters or {"type": "object"}} | more
    return {"type": "function", "function": {k: v for k, v in function.items() if v is not ...}}


@pytest.mark.parametrize("members, message", [
    ({"tools": []}, "tools: expected a list of 1 to 128 tools, got []"),
    ({"tools": [{"type": "function"}]}, "tools[0].function: required"),
    ({"tools": [tool(name=...)]}, "tools[0].function.name: required"),
    ({"tools": [tool(name="a b")]}, 'tools[0].function.name: expected 1 to 64 letters'),
    ({"tools": [tool(parameters=...)]}, "tools[0].function.parameters: required"),
    ({"tools": [tool(parameters={"type": "string"})]}, "expected the JSON schema of an object"),
    ({"tools": [tool(), tool()]}, 'names that differ, got "t" again'),
    ({"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": "u"}}},
     'tool_choice.function.name: expected the name of one of the tools (t), got "u"'),
    ({"tools": [tool()], "tool_choice": "any"}, 'tool_choice: expected auto, none, required'),
    ({"tool_choice": "required"}, "tool_choice: there are no tools"),
    ({"response_format": {"type": "xml"}}, "response_format.type: expected text, json_object"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema: required"),
    ({"messages": [{"role": "tool", "tool_call_id": "x", "content": "a"}]},
     'messages[0].tool_call_id: expected the id of a call in an earlier message, got "x"'),
])
def test_bad_requests_name_member_and_value(chat_engine, members, message):
    assert message in refused(chat_engine, **members)


def schema_format(schema):
    return {"response_format": {"type": "json_schema",
                                "json_schema": {"name": "s", "schema": schema}}}


def nested(depth):
    return {"type": "array", "items": nested(depth - 1)} if depth else {}


def doubling(levels, wrap=lambda schema: schema):
    ref = [wrap({"$ref": f"#/$defs/d{i + 1}"}) for i in range(levels)]
    defs = {f"d{i}": {"anyOf": [ref[i], ref[i], ref[i]]} for i in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": defs | {f"d{levels}": {"type": "null"}}}


HOSTILE = {
    "deep": nested(60),
    "exponential references": doubling(30),
    "endless reference": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
    "huge enum": {"enum": [str(i) for i in range(20000)]},
    "huge text": {"const": "x" * 1_000_000},
    "many properties": {"type": "object", "properties": {f"p{i}": {} for i in range(5000)}},
    "large repeat": {"type": "string", "maxLength": 2_000_000_000},
    "many repeats": {"anyOf": [{"type": "array", "items": {}, "maxItems": 1000}] * 50},
    "large pattern": {"type": "string", "pattern": "^" + "(a|b)*" * 1000 + "$"},
    "broken pattern": {"type": "string", "pattern": "^(a$"},
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_schemas_are_refused(chat_engine, kind):
    assert refused(chat_engine, **schema_format(HOSTILE[kind]))
    assert chat_engine.process.poll() is None


def three_ways(levels):
    """Three ways into each level that only its end tells apart."""
    if levels == 0:
        return {"type": "null"}
    level = {"type": "array", "minItems": 1, "maxItems": 1, "items": three_ways(levels - 1)}
    return {"anyOf": [level] * 3}


@pytest.mark.parametrize("schema", [
    three_ways(5), {"type": "string", "pattern": "^((a{1,900}){1,900}){1,900}$"},
    {"type": "string", "pattern": "^(a*)*(a*)*(a*)*b$"}])
def test_a_schema_that_allows_much_at_once_ends_no_answer_but_its_own(chat_engine, schema):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        other = pool.submit(ask, chat_engine, "Say hello.", max_tokens=20)
        response = chat_engine.http.post("/v1/chat/completions", json={
            "messages": [{"role": "user", "content": "Say aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}],
            "max_tokens": 200, **schema_format(schema)})
        if response.status_code != 200:
            assert response.status_code == 400
            assert "schema" in response.json()["error"]["message"]
        assert other.result().usage.completion_tokens > 0


def test_deep_answers_do_no_harm(chat_engine):
    recursive = {"$ref": "#/$defs/n", "$defs": {"n": {"type": "array",
                                                      "items": {"$ref": "#/$defs/n"},
                                                      "minItems": 1}}}
    answer = ask(chat_engine, temperature=0, max_tokens=400, **schema_format(recursive))
    assert answer.choices[0].finish_reason == "length"
    assert answer.choices[0].message.content.startswith("[")
    assert chat_engine.http.get("/health").status_code == 200


def test_the_library_reads_an_answer_into_its_type(chat_engine):
    """The OpenAI library checks a parsed answer itself."""
    pydantic = pytest.importorskip("pydantic")

    class Point(pydantic.BaseModel):
        x: int = pydantic.Field(ge=0, le=99)
        y: int = pydantic.Field(ge=0, le=99)

    answer = chat_engine.openai.chat.completions.parse(
        model="any", messages=[{"role": "user", "content": "A point."}], max_tokens=120,
        response_format=Point)
    assert isinstance(answer.choices[0].message.parsed, Point)


def test_a_client_that_leaves_within_a_call_frees_it(chat_engine):
    stream = ask(chat_engine, tools=[WEATHER], tool_choice="required", stream=True, max_tokens=200)
    next(iter(stream))
    stream.close()
    chat_engine.wait_for_metric("bedplate_engine_running", 0)


def test_plain_prompts_take_no_tools(chat_engine):
    with pytest.raises(openai.BadRequestError, match="tools: only served with messages"):
        chat_engine.openai.completions.create(model="any", prompt="a", max_tokens=1,
                                              extra_body={"tools": [WEATHER]})
    with pytest.raises(httpx.HTTPStatusError):
        chat_engine.http.post("/v1/tokenize", json={"prompt": "a", "tools": [WEATHER]}
                              ).raise_for_status()
