namespace OrthancCloudFs.Configuration;

/// <summary>Who gave a key its meaning.</summary>
public enum KeySource
{
    /// <summary>The official object storage plugins; the same meaning here.</summary>
    Plugin,

    /// <summary>Orthanc itself.</summary>
    Orthanc,

    /// <summary>This program.</summary>
    Ours,
}

/// <summary>
/// A key of the configuration, described once: the readers take default and range from here, and docs/configuration.md is
/// compared with it by a test.
/// </summary>
/// <param name="Section">Name of the section, or one of the group names in <see cref="KnownKeys"/>.</param>
public abstract record ConfigurationKey(string Section, string Name, KeySource Source)
{
    /// <summary>What may be written, in words.</summary>
    public abstract string Type { get; }

    /// <summary>Unit of a number, empty without one.</summary>
    public virtual string Unit => "";

    /// <summary>What holds when the key is absent, in words; <c>required</c> when it may not be.</summary>
    public abstract string Default { get; }

    /// <summary>The meaning, in one line.</summary>
    public required string Meaning { get; init; }

    /// <summary>The value must never appear in a message.</summary>
    public bool IsSecret { get; init; }
}

/// <summary>A whole number within bounds.</summary>
public sealed record IntegerKey(
    string Section, string Name, KeySource Source, long DefaultValue, long Minimum, long Maximum, string UnitName)
    : ConfigurationKey(Section, Name, Source)
{
    public override string Type => $"integer, {Minimum} to {Maximum}";

    public override string Unit => UnitName;

    public override string Default => $"{DefaultValue}";
}

/// <summary><c>true</c> or <c>false</c>.</summary>
/// <param name="DefaultValue">Null where the default depends on something else: see <paramref name="DefaultInWords"/>.</param>
public sealed record BooleanKey(string Section, string Name, KeySource Source, bool? DefaultValue, string? DefaultInWords = null)
    : ConfigurationKey(Section, Name, Source)
{
    public override string Type => "boolean";

    public override string Default => DefaultInWords ?? (DefaultValue == true ? "true" : "false");
}

/// <summary>One of several words, case-sensitive.</summary>
/// <param name="DefaultValue">Null where the default is none of the words: see <paramref name="DefaultInWords"/>.</param>
public sealed record ChoiceKey(
    string Section, string Name, KeySource Source, string? DefaultValue, IReadOnlyList<string> Choices, string? DefaultInWords = null)
    : ConfigurationKey(Section, Name, Source)
{
    public override string Type => string.Join(", ", Choices);

    public override string Default => DefaultInWords ?? DefaultValue ?? "";
}

/// <summary>Anything else; its reader checks what is allowed.</summary>
/// <param name="TypeInWords">What may be written.</param>
/// <param name="DefaultInWords">What holds when the key is absent.</param>
/// <param name="DefaultValue">The same as a value, where it is one.</param>
public sealed record TextKey(
    string Section, string Name, KeySource Source, string TypeInWords, string DefaultInWords, string? DefaultValue = null)
    : ConfigurationKey(Section, Name, Source)
{
    /// <summary>What <see cref="Default"/> says of a key that may not be absent.</summary>
    public const string Required = "required";

    public override string Type => TypeInWords;

    public override string Default => DefaultInWords;
}
