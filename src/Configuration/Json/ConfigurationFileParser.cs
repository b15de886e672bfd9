using System.Text;
using System.Text.Json;

namespace OrthancCloudFs.Configuration.Json;

/// <summary>
/// Reads one configuration file as tolerantly as Orthanc's JsonCpp: comments, a byte order mark, trailing commas and text after the
/// end are accepted. Bytes that are no UTF-8 are accepted with a warning, for they are mostly in comments; no value that is used
/// may contain one.
/// </summary>
internal static class ConfigurationFileParser
{
    /// <summary>JsonCpp's own limit (<c>stackLimit</c>).</summary>
    private const int DeepestNesting = 1000;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>The root, always an object.</returns>
    /// <exception cref="ConfigurationException">The file cannot be read or is no JSON object.</exception>
    public static ConfigurationNode Parse(string path, IReadOnlyDictionary<string, string> environment, List<string> warnings)
    {
        SourceText source = VariableSubstitution.Apply(path, ReadText(path, warnings), environment, warnings);
        var options = new JsonReaderOptions
        {
            AllowMultipleValues = true,
            AllowTrailingCommas = true,
            CommentHandling = JsonCommentHandling.Skip,
            MaxDepth = DeepestNesting,
        };
        var reader = new Utf8JsonReader(source.Utf8, options);

        ConfigurationNode root;
        try
        {
            if (!reader.Read())
            {
                throw new ConfigurationException(
                    $"{source.Locate(source.Utf8.Length)}: the file holds nothing: Orthanc's configuration is a JSON object {{ … }}.");
            }

            root = ReadValue(ref reader, source);
        }
        catch (JsonException e)
        {
            throw SyntaxError(source, e);
        }

        if (root.Kind != JsonTokenType.StartObject)
            throw root.Error($"found {root.Describe(secret: true)} where Orthanc's configuration, a JSON object {{ … }}, is expected.");
        WarnOfTrailingText(ref reader, source, warnings);
        return root;
    }

    private static string ReadText(string path, List<string> warnings)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{path}: cannot be read ({Reason(e)}).", e);
        }

        ReadOnlySpan<byte> content = bytes;
        if (content.StartsWith(Encoding.UTF8.Preamble))
            content = content[Encoding.UTF8.Preamble.Length..];
        try
        {
            return StrictUtf8.GetString(content);
        }
        catch (DecoderFallbackException)
        {
            string text = Encoding.UTF8.GetString(content);
            string place = SourceText.Locate(path, text, text.IndexOf('\uFFFD', StringComparison.Ordinal));
            warnings.Add($"{place}: not UTF-8: save the file in that encoding.");
            return text;
        }
    }

    private static string Reason(Exception e) => e is UnauthorizedAccessException ? "permission denied" : e.Message.ReplaceLineEndings(" ");

    private static ConfigurationNode ReadValue(ref Utf8JsonReader reader, SourceText source)
    {
        int offset = (int)reader.TokenStartIndex;
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => ReadObject(ref reader, source),
            JsonTokenType.StartArray => ReadArray(ref reader, source),
            JsonTokenType.String => new ConfigurationNode(JsonTokenType.String, source, offset, ReadString(ref reader, source)),
            JsonTokenType.Number => new ConfigurationNode(JsonTokenType.Number, source, offset, Encoding.UTF8.GetString(reader.ValueSpan)),
            var literal => new ConfigurationNode(literal, source, offset),
        };
    }

    private static ConfigurationNode ReadObject(ref Utf8JsonReader reader, SourceText source)
    {
        var node = new ConfigurationNode(JsonTokenType.StartObject, source, (int)reader.TokenStartIndex);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            int nameOffset = (int)reader.TokenStartIndex;
            string name = ReadString(ref reader, source);
            reader.Read();
            node.Members.Add(new ConfigurationMember(name, ReadValue(ref reader, source), source, nameOffset));
        }

        return node;
    }

    private static ConfigurationNode ReadArray(ref Utf8JsonReader reader, SourceText source)
    {
        var node = new ConfigurationNode(JsonTokenType.StartArray, source, (int)reader.TokenStartIndex);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            node.Items.Add(ReadValue(ref reader, source));
        return node;
    }

    private static string ReadString(ref Utf8JsonReader reader, SourceText source)
    {
        int offset = (int)reader.TokenStartIndex;
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new ConfigurationException(
                $"{source.Locate(offset)}: the text contains half of a surrogate pair (\\uD800 to \\uDFFF): write the character itself.", e);
        }
    }

    /// <summary>
    /// The message is our own and the reader's exception is not passed on: its text quotes what is around the fault, and that
    /// may be a password.
    /// </summary>
    private static ConfigurationException SyntaxError(SourceText source, JsonException e)
    {
        int offset = OffsetOf(source.Utf8, e);
        string what = offset >= source.Utf8.Length
            ? "the file ends too early: a bracket or quotation mark is not closed"
            : (char)source.Utf8[offset] switch
            {
                < ' ' => "a line break or another control character within a text: close the quotation mark, or write \\n or \\t",
                '{' or '}' or '[' or ']' or ',' or ':' or '"' =>
                    $"unexpected '{(char)source.Utf8[offset]}': look for a missing comma, colon or bracket before it",
                '/' => "this comment is not closed, or the slash is too much",
                _ => "this is no JSON: look for a missing comma or quotation mark before it",
            };
        string origin = source.VariableAt(offset) is { } variable ? $" (near the value of the environment variable {MessageText.OnOneLine(variable)})" : "";
        return new ConfigurationException($"{source.Locate(offset)}: {what}{origin}.");
    }

    private static int OffsetOf(ReadOnlySpan<byte> utf8, JsonException e)
    {
        int lineStart = 0;
        for (long line = e.LineNumber ?? 0; line > 0; line--)
        {
            int length = utf8[lineStart..].IndexOf((byte)'\n');
            if (length < 0)
                return utf8.Length;
            lineStart += length + 1;
        }

        return (int)Math.Min(utf8.Length, lineStart + (e.BytePositionInLine ?? 0));
    }

    private static void WarnOfTrailingText(ref Utf8JsonReader reader, SourceText source, List<string> warnings)
    {
        bool more;
        int end = (int)reader.BytesConsumed;
        try
        {
            more = reader.Read();
        }
        catch (JsonException)
        {
            more = true;
        }

        if (more)
            warnings.Add($"{source.Locate(end)}: what follows the closing bracket is ignored, as Orthanc does.");
    }
}
