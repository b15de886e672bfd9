namespace OrthancCloudFs.Configuration.Json;

/// <summary>Follows JSON with comments character by character, just enough to tell strings and comments from the rest.</summary>
internal sealed class JsonScanner
{
    private enum State
    {
        Code,
        String,
        Escape,
        LineComment,
        BlockComment,
    }

    private State _state;

    /// <summary>First character that may end the current block comment: in <c>/*/</c> the star does not count twice.</summary>
    private int _blockBody;

    public bool InString => _state is State.String or State.Escape;

    public bool InComment => _state is State.LineComment or State.BlockComment;

    /// <summary>Takes the character at <paramref name="i"/>; must be called for each in turn.</summary>
    public void Advance(string text, int i)
    {
        char next = i + 1 < text.Length ? text[i + 1] : '\0';
        _state = (_state, text[i]) switch
        {
            (State.Code, '"') => State.String,
            (State.Code, '/') when next == '/' => State.LineComment,
            (State.Code, '/') when next == '*' => OpenBlock(i),
            (State.String, '\\') => State.Escape,
            (State.String, '"') => State.Code,
            (State.Escape, _) => State.String,
            (State.LineComment, '\n' or '\r') => State.Code,
            (State.BlockComment, '/') when i > _blockBody && text[i - 1] == '*' => State.Code,
            var (state, _) => state,
        };
    }

    /// <summary>
    /// Passes over an inserted value. Within a string it ends an escape that the text began; outside of one, what the value opens,
    /// it has to close itself.
    /// </summary>
    public void SkipValue()
    {
        if (_state == State.Escape)
            _state = State.String;
    }

    private State OpenBlock(int i)
    {
        _blockBody = i + 2;
        return State.BlockComment;
    }
}
