namespace OrthancCloudFs.Buckets;

/// <summary>
/// The order in which every bucket lists its keys: by UTF-8 bytes, as S3 does. It equals <see cref="StringComparer.Ordinal"/> except
/// where a character beyond U+FFFF (a surrogate pair in UTF-16) meets one of U+E000 to U+FFFF.
/// </summary>
public sealed class ObjectKeyComparer : IComparer<string>
{
    /// <summary>Sorts after every character that a key can hold, so <c>prefix + Last</c> is behind all keys of that prefix.</summary>
    public const string Last = "\U0010FFFF";

    private ObjectKeyComparer()
    {
    }

    /// <summary>The only instance.</summary>
    public static ObjectKeyComparer Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
            return x is null ? (y is null ? 0 : -1) : 1;
        var common = x.AsSpan().CommonPrefixLength(y);
        if (common == x.Length || common == y.Length)
            return x.Length.CompareTo(y.Length);
        return Rank(x[common]).CompareTo(Rank(y[common]));
    }

    /// <summary>Moves the surrogates (U+D800 to U+DFFF) behind U+FFFF, where the characters that they encode belong.</summary>
    private static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
}
