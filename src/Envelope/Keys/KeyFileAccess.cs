namespace OrthancCloudFs.Envelope.Keys;

/// <summary>One entry of a Windows access control list.</summary>
/// <param name="Sid">Whom it is for, such as <c>S-1-5-18</c>.</param>
/// <param name="Rights">The access mask, winnt.h.</param>
/// <param name="IsAllowed">Allows these rights; otherwise denies them.</param>
internal readonly record struct AccessEntry(string Sid, uint Rights, bool IsAllowed);

/// <summary>Who may get at a key file on Windows, decided from its access control list alone.</summary>
internal static class KeyFileAccess
{
    /// <summary>Well-known SIDs: the operating system's own account, the Administrators, and whoever owns the file.</summary>
    public const string System = "S-1-5-18", Administrators = "S-1-5-32-544", OwnerRights = "S-1-3-4";

    /// <summary>
    /// FILE_READ_DATA, FILE_WRITE_DATA and FILE_APPEND_DATA; WRITE_DAC and WRITE_OWNER, with which one gets the others; GENERIC_ALL,
    /// GENERIC_WRITE and GENERIC_READ.
    /// </summary>
    private const uint ReadOrWrite = 0x1 | 0x2 | 0x4 | 0x4_0000 | 0x8_0000 | 0x1000_0000 | 0x4000_0000 | 0x8000_0000;

    /// <summary>
    /// The SIDs, each once, of those who may read or write the file and should not. What is denied to them elsewhere in the list is not made
    /// up for: a list that has to be calculated is too clever for a key.
    /// </summary>
    /// <param name="entries">All of the list.</param>
    /// <param name="trusted">The file's owner and the account that runs the program; System and Administrators are so always.</param>
    public static IReadOnlyList<string> FindStrangers(IEnumerable<AccessEntry> entries, params IEnumerable<string> trusted)
    {
        HashSet<string> known = new([System, Administrators, OwnerRights, .. trusted], StringComparer.Ordinal);
        return [.. entries
            .Where(entry => entry.IsAllowed && (entry.Rights & ReadOrWrite) != 0 && !known.Contains(entry.Sid))
            .Select(entry => entry.Sid)
            .Distinct(StringComparer.Ordinal)];
    }
}
