using System.Globalization;
using System.Text.Json;
using OrthancCloudFs.Configuration.Json;
using Quickenshtein;

namespace OrthancCloudFs.Configuration.Sections;

/// <summary>
/// Typed access to the values of one section. A section that is absent reads as one without keys. Every fault names file, line,
/// column, section, key, what is expected and what was found, but never the value of a secret.
/// </summary>
internal sealed class SectionReader
{
    private readonly string _name;
    private readonly string _folder;
    private readonly Dictionary<string, ConfigurationNode> _values = new(StringComparer.Ordinal);

    private SectionReader(ConfigurationFiles files)
    {
        _name = "";
        _folder = files.Folder;
        foreach (ConfigurationKey key in KnownKeys.Of(KnownKeys.TopLevel))
        {
            if (files.Find(key.Name) is { } value)
                _values[key.Name] = value;
        }
    }

    /// <param name="name">Name of the section.</param>
    /// <param name="section">Its value; null where it is absent.</param>
    /// <param name="folder">What relative paths refer to.</param>
    /// <param name="warnings">Receives a line for each unknown key.</param>
    /// <param name="parent">Name of the section that it stands in, for messages.</param>
    /// <exception cref="ConfigurationException">The value is no object, or a key appears twice.</exception>
    public SectionReader(string name, ConfigurationNode? section, string folder, List<string> warnings, string? parent = null)
    {
        _name = parent is null ? name : $"{parent}.{name}";
        _folder = folder;
        Section = section;
        if (section is null)
            return;
        if (section.Kind != JsonTokenType.StartObject)
            throw section.Error($"\"{name}\" must be a section {{ … }}, found {section.Describe(secret: true)}.");

        Dictionary<string, ConfigurationKey> known = KnownKeys.Of(name).ToDictionary(key => key.Name, StringComparer.Ordinal);
        var first = new Dictionary<string, ConfigurationMember>(StringComparer.Ordinal);
        foreach (ConfigurationMember member in section.Members)
        {
            if (!first.TryAdd(member.Name, member))
                throw member.Error($"{_name}.{member.Shown} is already set at {first[member.Name].Location}: keep one of the two.");
            if (!known.ContainsKey(member.Name))
                warnings.Add($"{member.Location}: {_name}.{member.Shown} is unknown and ignored; the nearest known key is {Nearest(member.Name, known.Keys)}.");
            _values[member.Name] = member.Value;
        }
    }

    /// <summary>Orthanc's own keys, which stand outside of any section.</summary>
    public static SectionReader TopLevel(ConfigurationFiles files) => new(files);

    /// <summary>The section's value, null where it is absent.</summary>
    public ConfigurationNode? Section { get; }

    public ConfigurationNode? Find(ConfigurationKey key) => _values.GetValueOrDefault(key.Name);

    public long Integer(IntegerKey key)
    {
        if (Find(key) is not { } node)
            return key.DefaultValue;
        string unit = key.Unit is "s" or "MB" ? $" {key.Unit}" : "";
        if (WholeNumber(node) is not { } value)
            throw Error(key, node, $"must be a whole number from {key.Minimum} to {key.Maximum}{unit}");
        if (value < key.Minimum || value > key.Maximum)
            throw Error(key, node, $"must be from {key.Minimum} to {key.Maximum}{unit}");
        return (long)value;
    }

    /// <summary>A number of megabytes, in bytes.</summary>
    public long Megabytes(IntegerKey key) => Integer(key) << 20;

    public bool Boolean(BooleanKey key) => OptionalBoolean(key) ?? key.DefaultValue!.Value;

    public bool? OptionalBoolean(BooleanKey key)
    {
        return Find(key) is not { } node
            ? key.DefaultValue
            : node.Kind switch
            {
                JsonTokenType.True => true,
                JsonTokenType.False => false,
                _ => throw Error(key, node, "must be true or false without quotation marks"),
            };
    }

    /// <summary>The word as written, the default where it is absent.</summary>
    public string? Choice(ChoiceKey key)
    {
        if (Find(key) is not { } node)
            return key.DefaultValue;
        if (node.Kind != JsonTokenType.String || !key.Choices.Contains(node.Text, StringComparer.Ordinal))
        {
            string nearest = node.Kind == JsonTokenType.String ? $"; perhaps \"{Nearest(node.Text, key.Choices)}\" is meant" : "";
            throw Error(key, node, $"must be one of {string.Join(", ", key.Choices.Select(choice => $"\"{choice}\""))}", nearest);
        }

        return node.Text;
    }

    /// <summary>The choice as the member of an enumeration whose names are the words, case aside.</summary>
    public T Choice<T>(ChoiceKey key)
        where T : struct, Enum => Enum.Parse<T>(Choice(key)!, ignoreCase: true);

    /// <summary>A text, the default where the key is absent; it holds no control character.</summary>
    public string? Text(TextKey key)
    {
        if (Find(key) is not { } node)
            return key.DefaultValue;
        if (node.Kind != JsonTokenType.String)
            throw Error(key, node, "must be a text in quotation marks");
        CheckCharacters(key, node);
        return node.Text;
    }

    /// <summary>A text that is there and not empty, in a section that is there.</summary>
    public string RequiredText(TextKey key)
    {
        string? text = Text(key);
        if (text is null)
            throw Section!.Error($"{_name}.{key.Name} is missing: {key.Meaning}");
        return text.Length == 0 ? throw Error(key, "must not be empty") : text;
    }

    /// <summary>An absolute path; null where the key is absent and has no default.</summary>
    public string? FilePath(TextKey key)
    {
        string? text = key.DefaultInWords == TextKey.Required ? RequiredText(key) : Text(key);
        return text switch
        {
            null => null,
            "" => throw Error(key, "must not be empty"),
            _ => Absolute(text),
        };
    }

    /// <summary>A path as Orthanc reads it: relative ones belong to the folder of the configuration.</summary>
    public string Absolute(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, _folder));

    /// <summary>A fault of the value of a key that is there.</summary>
    public ConfigurationException Error(ConfigurationKey key, string expectation) => Error(key, Find(key)!, expectation);

    /// <summary>A fault of a key's value, or of a part of it.</summary>
    /// <param name="expectation">What it must be, such as <c>must be a text</c>.</param>
    /// <param name="hint">Follows what was found.</param>
    public ConfigurationException Error(ConfigurationKey key, ConfigurationNode node, string expectation, string hint = "")
    {
        return node.Error($"{NameOf(key)} {expectation}, found {node.Describe(key.IsSecret)}{hint}.");
    }

    /// <summary>A key with its section in front.</summary>
    public string NameOf(ConfigurationKey key) => $"{_name}{(_name.Length > 0 ? "." : "")}{key.Name}";

    public void CheckCharacters(ConfigurationKey key, ConfigurationNode node)
    {
        if (node.Text.Any(char.IsControl))
            throw Error(key, node, "must not contain control characters");
        if (node.Text.Contains('\uFFFD', StringComparison.Ordinal))
            throw Error(key, node, "contains a character that is not UTF-8: save the file in that encoding");
    }

    /// <summary>The value of a number without a fraction, however it is written; null for anything else.</summary>
    public static decimal? WholeNumber(ConfigurationNode node)
    {
        return node.Kind == JsonTokenType.Number
            && decimal.TryParse(node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal value)
            && value == decimal.Truncate(value)
            ? value
            : null;
    }

    /// <summary>The known word that is meant most likely: one that begins like this, or else the one with the fewest differences.</summary>
    public static string Nearest(string word, IEnumerable<string> known)
    {
        return known.MinBy(candidate => (!candidate.StartsWith(word, StringComparison.OrdinalIgnoreCase), Distance(word, candidate)))!;
    }

    /// <summary>How many letters have to be changed, added or removed, case aside.</summary>
    public static int Distance(string word, string other)
    {
        return Levenshtein.GetDistance(MessageText.OnOneLine(word).ToLowerInvariant(), other.ToLowerInvariant());
    }
}
