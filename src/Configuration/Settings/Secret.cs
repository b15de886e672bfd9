namespace OrthancCloudFs.Configuration;

/// <summary>A text that must never reach a log or a message: it is only seen by asking for it with <see cref="Reveal"/>.</summary>
public sealed class Secret(string value) : IEquatable<Secret>
{
    private readonly string _value = value;

    public string Reveal() => _value;

    public bool Equals(Secret? other) => other is not null && string.Equals(_value, other._value, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as Secret);

    public override int GetHashCode() => _value.GetHashCode(StringComparison.Ordinal);

    /// <summary>Always <c>***</c>, so that a record that holds a secret can be printed.</summary>
    public override string ToString() => "***";
}
