namespace OrthancCloudFs.Buckets.Local;

/// <summary>The one place that says what an exception of the file system means. On Unix its <see cref="Exception.HResult"/> is the errno.</summary>
internal static class LocalBucketErrors
{
    /// <summary>Linux: the name does not exist (ENOENT), or a part of its path is a file (ENOTDIR).</summary>
    private const int NoEntry = 2, NotDirectory = 20;

    private const int Exists = 17, IsDirectory = 21, NotEmpty = 39;

    /// <summary>Windows, winerror.h: ERROR_FILE_EXISTS and ERROR_ALREADY_EXISTS.</summary>
    private const int WindowsFileExists = unchecked((int)0x80070050), WindowsAlreadyExists = unchecked((int)0x800700B7);

    /// <summary>ERROR_SHARING_VIOLATION.</summary>
    private const int WindowsInUse = unchecked((int)0x80070020);

    /// <summary>ERROR_FILENAME_EXCED_RANGE and ERROR_INVALID_NAME.</summary>
    private const int WindowsTooLong = unchecked((int)0x800700CE), WindowsInvalidName = unchecked((int)0x8007007B);

    /// <summary>True when the failure says that there is no file of that name.</summary>
    internal static bool SaysAbsent(Exception failure) =>
        failure is FileNotFoundException or DirectoryNotFoundException or IOException { HResult: NoEntry or NotDirectory };

    /// <summary>True when the name is taken.</summary>
    internal static bool SaysExists(IOException failure) =>
        failure.HResult is Exists or IsDirectory or WindowsFileExists or WindowsAlreadyExists;

    /// <summary>True when another process holds the lock of the file (EWOULDBLOCK, ERROR_SHARING_VIOLATION).</summary>
    internal static bool SaysLocked(IOException failure) => failure.HResult is 11 or WindowsInUse;

    /// <summary>True when a folder could not be removed because something is in it.</summary>
    internal static bool SaysNotEmpty(Exception failure) =>
        failure is IOException && failure.HResult is NotEmpty or Exists or unchecked((int)0x80070091);

    /// <summary>True when a folder could not be removed because somebody has it open, or is removing it, which only Windows minds.</summary>
    internal static bool SaysBusyFolder(Exception failure) =>
        OperatingSystem.IsWindows() && failure is UnauthorizedAccessException or IOException { HResult: WindowsInUse };

    /// <summary>The kind of failure.</summary>
    internal static BucketErrorKind Classify(Exception failure) => failure switch
    {
        UnauthorizedAccessException => BucketErrorKind.Forbidden, // EACCES, EPERM
        PathTooLongException => BucketErrorKind.InvalidRequest, // ENAMETOOLONG
        IOException io => io.HResult switch
        {
            28 or 122 => BucketErrorKind.NoSpace, // ENOSPC, EDQUOT
            unchecked((int)0x80070070) or unchecked((int)0x80070027) => BucketErrorKind.NoSpace, // ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL
            1 or 13 or 30 => BucketErrorKind.Forbidden, // EPERM, EACCES, EROFS
            27 or 36 => BucketErrorKind.InvalidRequest, // EFBIG, ENAMETOOLONG
            NotDirectory or IsDirectory or Exists or WindowsFileExists or WindowsAlreadyExists => BucketErrorKind.InvalidRequest, // a key is the folder of another
            WindowsTooLong or WindowsInvalidName => BucketErrorKind.InvalidRequest,
            110 => BucketErrorKind.Timeout, // ETIMEDOUT, of a network file system
            _ => BucketErrorKind.ProviderFailure, // EIO, ESTALE, EMFILE and the rest
        },
        _ => BucketErrorKind.ProviderFailure,
    };

    /// <summary>What a failed operation is to the rest of the program.</summary>
    internal static BucketException Translate(string what, Exception failure) =>
        failure as BucketException ?? new BucketException(Classify(failure), $"{what}: {failure.Message}", failure);
}
