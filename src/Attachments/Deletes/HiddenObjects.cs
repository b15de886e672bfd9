namespace OrthancCloudFs.Attachments.Deletes;

/// <summary>Which objects of an attachment's name are gone for readers.</summary>
/// <param name="OnlyWithHeader">
/// The fingerprints of those that uploads without a clear answer may have left: whatever has another header is somebody else's, and is not
/// hidden. Null: whatever there is.
/// </param>
public sealed record HiddenObjects(IReadOnlyList<string>? OnlyWithHeader)
{
    /// <summary>The name was deleted.</summary>
    public static readonly HiddenObjects All = new((IReadOnlyList<string>?)null);
}
