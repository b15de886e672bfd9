using System.Text;
using System.Text.Json;

namespace OrthancCloudFs.Configuration.Json;

/// <summary>A JSON value that knows its place in the file.</summary>
internal sealed class ConfigurationNode(JsonTokenType kind, SourceText source, int offset, string text = "")
{
    /// <summary>Values longer than this are cut in messages.</summary>
    private const int LongestShown = 60;

    /// <summary><see cref="JsonTokenType.StartObject"/> and <see cref="JsonTokenType.StartArray"/> stand for the whole.</summary>
    public JsonTokenType Kind { get; } = kind;

    /// <summary>A string's value, or a number as written.</summary>
    public string Text { get; } = text;

    /// <summary>Members of an object in order of appearance, duplicates included.</summary>
    public List<ConfigurationMember> Members { get; } = [];

    public List<ConfigurationNode> Items { get; } = [];

    /// <summary><c>file:line:column</c>.</summary>
    public string Location => source.Locate(offset);

    public ConfigurationException Error(string message) => new($"{Location}: {message}");

    /// <summary>The value for a message, on one line; of a secret only what kind of value it is.</summary>
    public string Describe(bool secret = false)
    {
        return Kind switch
        {
            JsonTokenType.Null => "null",
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            JsonTokenType.Number => secret ? "a number" : Cut(Text),
            JsonTokenType.String => secret ? "a text" : $"\"{Cut(Text)}\"",
            JsonTokenType.StartArray => $"an array of {Items.Count}",
            _ => "an object",
        };
    }

    private static string Cut(string text)
    {
        var line = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (line.Length >= LongestShown)
                return line.Append('…').ToString();
            line.Append(Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029 ? new Rune('\uFFFD') : rune);
        }

        return line.ToString();
    }
}

/// <summary>A member of an object.</summary>
/// <param name="Location"><c>file:line:column</c> of the name.</param>
internal sealed record ConfigurationMember(string Name, ConfigurationNode Value, SourceText Source, int Offset)
{
    public string Location => Source.Locate(Offset);
}
