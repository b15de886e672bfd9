namespace OrthancCloudFs.Attachments.Layout;

/// <summary>
/// How attachments are named in the bucket. Both layouts are those of Orthanc's official object-storage plugins (their setting
/// <c>StorageStructure</c>), so that plugin and mount find each other's objects.
/// </summary>
public abstract class KeyLayout
{
    private protected KeyLayout(string rootPath) => Prefix = rootPath.Length == 0 ? "" : rootPath.TrimEnd('/') + "/";

    /// <summary>What every key starts with: <c>RootPath/</c>, or nothing.</summary>
    public string Prefix { get; }

    /// <summary>The character at which a listing folds keys into sub-folders; null where keys have no folders.</summary>
    internal abstract char? Delimiter { get; }

    /// <summary>The key under which an attachment most likely lies; asked first.</summary>
    public abstract string UsualKey(AttachmentId id);

    /// <summary>What all possible keys of an attachment start with; null where <see cref="UsualKey"/> is the only one.</summary>
    public abstract string? SearchPrefix(AttachmentId id);

    /// <summary>The key for a new attachment of that kind.</summary>
    public abstract string KeyFor(AttachmentId id, ContentKind kind);

    /// <summary>Recognises a key; false for anything that is not an attachment's.</summary>
    public abstract bool TryParse(string key, out AttachmentKey parsed);

    /// <summary>What the keys of all attachments below a folder start with.</summary>
    internal abstract string PrefixOf(HashDirectory directory);

    /// <summary>Bytes of <paramref name="key"/> after <see cref="Prefix"/>; false when it lies elsewhere.</summary>
    private protected bool TryStrip(string key, out ReadOnlySpan<char> rest)
    {
        bool inside = key.StartsWith(Prefix, StringComparison.Ordinal);
        rest = inside ? key.AsSpan(Prefix.Length) : default;
        return inside;
    }
}

/// <summary>A key taken apart. <paramref name="Encrypted"/> is null where the key does not tell.</summary>
public readonly record struct AttachmentKey(AttachmentId Id, bool? Encrypted);
