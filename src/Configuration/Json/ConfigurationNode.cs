using System.Text.Json;

namespace OrthancCloudFs.Configuration.Json;

/// <summary>A JSON value that knows its place in the file.</summary>
internal sealed class ConfigurationNode(JsonTokenType kind, SourceText source, int offset, string text = "")
{
    /// <summary><see cref="JsonTokenType.StartObject"/> and <see cref="JsonTokenType.StartArray"/> stand for the whole.</summary>
    public JsonTokenType Kind { get; } = kind;

    /// <summary>A string's value, or a number as written.</summary>
    public string Text { get; } = text;

    /// <summary>Members of an object in order of appearance, duplicates included.</summary>
    public List<ConfigurationMember> Members { get; } = [];

    public List<ConfigurationNode> Items { get; } = [];

    /// <summary><c>file:line:column</c>.</summary>
    public string Location => source.Locate(offset);

    /// <summary>A fault of this value, with its place.</summary>
    public ConfigurationException Error(string message) => new($"{Location}: {message}");

    /// <summary>The value for a message, on one line; of a secret only what kind of value it is.</summary>
    public string Describe(bool secret = false)
    {
        return Kind switch
        {
            JsonTokenType.Null => "null",
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            JsonTokenType.Number => secret ? "a number" : MessageText.OnOneLine(Text),
            JsonTokenType.String => secret ? "a text" : $"\"{MessageText.OnOneLine(Text)}\"",
            JsonTokenType.StartArray => $"an array of {Items.Count}",
            _ => "an object",
        };
    }
}

/// <summary>A member of an object.</summary>
internal sealed record ConfigurationMember(string Name, ConfigurationNode Value, SourceText Source, int Offset)
{
    /// <summary><c>file:line:column</c> of the name.</summary>
    public string Location => Source.Locate(Offset);

    /// <summary>The name for a message, on one line.</summary>
    public string Shown => MessageText.OnOneLine(Name);

    /// <summary>A fault of this member, with its place.</summary>
    public ConfigurationException Error(string message) => new($"{Location}: {message}");
}
