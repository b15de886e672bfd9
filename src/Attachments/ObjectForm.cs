using OrthancCloudFs.Buckets;
using OrthancCloudFs.Envelope;

namespace OrthancCloudFs.Attachments;

/// <summary>
/// Which objects are readable and how long their content is: the configured envelope, and, only where the configuration expects plain
/// objects too, objects without one.
/// </summary>
public sealed class ObjectForm(IEnvelope envelope, bool allowPlainObjects)
{
    /// <summary>The envelope that new objects get.</summary>
    public IEnvelope Envelope => envelope;

    /// <summary>Bytes that the envelope adds.</summary>
    public int Overhead => envelope.HeaderLength + envelope.TrailerLength;

    /// <summary>True when new objects are encrypted.</summary>
    public bool Encrypts => Overhead > 0;

    /// <summary>True when only an object's first bytes tell whether it is plain.</summary>
    public bool MustLookInside(bool? encryptedByName) => encryptedByName is null && Encrypts && allowPlainObjects;

    /// <summary>Bytes of content in an object of that length; what is too short to be an object counts as empty (and never opens).</summary>
    public long ContentLength(long objectLength, bool? encryptedByName) =>
        Math.Max(0, (encryptedByName ?? Encrypts) ? objectLength - Overhead : objectLength);

    /// <summary>The description of a found object; null when only its first bytes would tell its length.</summary>
    public AttachmentInfo? Describe(AttachmentId id, ObjectInfo found, bool? encryptedByName) => MustLookInside(encryptedByName)
        ? null
        : new AttachmentInfo(id, found.Key, ContentLength(found.Length, encryptedByName), found.LastModified, encryptedByName);

    /// <summary>False when the name of an object says another form than the configuration expects.</summary>
    public bool IsReadable(bool? encryptedByName) => encryptedByName switch
    {
        true => Encrypts,
        false => !Encrypts || allowPlainObjects,
        null => true,
    };

    /// <summary>Refuses an object whose name says another form than the configuration expects.</summary>
    /// <exception cref="AttachmentException"><see cref="AttachmentError.Unreadable"/>.</exception>
    public void RequireReadable(string key, bool? encryptedByName)
    {
        if (encryptedByName == true && !Encrypts)
            throw Unreadable(key, "it is encrypted by its name, and \"StorageEncryption\" is not enabled");
        if (encryptedByName == false && Encrypts && !allowPlainObjects)
            throw Unreadable(key, "it is plain by its name; set \"AllowPlainObjects\" if plain objects are expected");
    }

    internal static AttachmentException Unreadable(string key, string reason, Exception? cause = null) =>
        new(AttachmentError.Unreadable, $"{key}: {reason}", cause);
}
