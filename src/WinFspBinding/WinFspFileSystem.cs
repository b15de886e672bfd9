namespace WinFspBinding;

/// <summary>
/// The operations of a file system, as WinFsp's FSP_FILE_SYSTEM_INTERFACE describes them. Paths begin with a backslash. Called on WinFsp's
/// dispatcher threads, several at once; nothing keeps them from each other. An operation that throws answers
/// <see cref="NtStatus.IoDeviceError"/>.
/// </summary>
public abstract class WinFspFileSystem
{
    /// <summary>An operation threw; it has been answered.</summary>
    public virtual void Failed(Exception exception)
    {
    }

    /// <summary>No operation follows.</summary>
    /// <param name="normally">False when the driver goes away by itself.</param>
    public virtual void Stopped(bool normally)
    {
    }

    /// <summary>Sizes and label of the volume.</summary>
    public abstract NtStatus GetVolumeInformation(out VolumeInformation information);

    /// <summary>Attributes and security of a name, before it is opened.</summary>
    /// <param name="path">The name.</param>
    /// <param name="attributes">Of the file or folder.</param>
    /// <param name="securityDescriptor">Self-relative.</param>
    public abstract NtStatus GetSecurityByName(
        ReadOnlySpan<char> path, out FileAttributes attributes, out ReadOnlySpan<byte> securityDescriptor);

    /// <summary>Makes a file or folder that does not exist, and opens it.</summary>
    public abstract NtStatus Create(ReadOnlySpan<char> path, in OpenParameters parameters, out ulong handle, out FileInformation information);

    /// <summary>Opens what exists.</summary>
    public abstract NtStatus Open(ReadOnlySpan<char> path, in OpenParameters parameters, out ulong handle, out FileInformation information);

    /// <summary>Empties a file that was just opened.</summary>
    public abstract NtStatus Overwrite(ulong handle, out FileInformation information);

    /// <summary>The last handle of an opening was closed. It cannot fail, and operations may still follow.</summary>
    /// <param name="handle">The opening.</param>
    /// <param name="path">The name, when it is to be deleted; empty otherwise.</param>
    /// <param name="isDelete">The file or folder is deleted by this.</param>
    public abstract void Cleanup(ulong handle, ReadOnlySpan<char> path, bool isDelete);

    /// <summary>Nothing refers to the opening any more.</summary>
    public abstract void Close(ulong handle);

    /// <summary>Reads; <see cref="NtStatus.EndOfFile"/> at or behind the end.</summary>
    /// <param name="handle">The opening.</param>
    /// <param name="request">Where to, and how to answer later.</param>
    /// <param name="transferred">Bytes.</param>
    /// <returns><see cref="NtStatus.Pending"/> after <see cref="ReadRequest.Defer"/>.</returns>
    public abstract NtStatus Read(ulong handle, in ReadRequest request, out uint transferred);

    /// <summary>Writes all of it, or fails.</summary>
    /// <inheritdoc cref="Read"/>
    /// <param name="information">Of the file after it.</param>
    public abstract NtStatus Write(ulong handle, in WriteRequest request, out uint transferred, out FileInformation information);

    /// <summary>Makes what was written to a file durable.</summary>
    public abstract NtStatus Flush(ulong handle, out FileInformation information);

    /// <summary>The same for all that is open.</summary>
    public virtual NtStatus FlushVolume() => NtStatus.Success;

    /// <summary>What an open file is now.</summary>
    public abstract NtStatus GetInformation(ulong handle, out FileInformation information);

    /// <summary>Changes attributes and times.</summary>
    public abstract NtStatus SetBasicInformation(ulong handle, in BasicInformation change, out FileInformation information);

    /// <summary>Cuts or extends a file, or what is set aside for it.</summary>
    /// <param name="handle">The opening.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="isAllocationSize">Only what is set aside; a file that is longer is cut.</param>
    /// <param name="information">Of the file after it.</param>
    public abstract NtStatus SetSize(ulong handle, ulong size, bool isAllocationSize, out FileInformation information);

    /// <summary>Tells whether a file or folder may be deleted, and deletes nothing: <see cref="Cleanup"/> does.</summary>
    public abstract NtStatus CanDelete(ulong handle, ReadOnlySpan<char> path);

    /// <summary>Gives a file or folder another name.</summary>
    public abstract NtStatus Rename(ulong handle, ReadOnlySpan<char> path, ReadOnlySpan<char> newPath, bool replaceIfExists);

    /// <summary>The security of an open file or folder; self-relative.</summary>
    public abstract NtStatus GetSecurity(ulong handle, out ReadOnlySpan<byte> securityDescriptor);

    /// <summary>Lists a folder from behind a name on, in one order.</summary>
    /// <returns><see cref="NtStatus.Pending"/> after <see cref="ReadDirectoryRequest.Defer"/>.</returns>
    public abstract NtStatus ReadDirectory(ulong handle, in ReadDirectoryRequest request, out uint transferred);
}

/// <summary>How a name is opened.</summary>
/// <param name="Options">NtCreateFile's CreateOptions.</param>
/// <param name="GrantedAccess">An ACCESS_MASK; checked already.</param>
/// <param name="Attributes">Of what is created.</param>
/// <param name="AllocationSize">Bytes that who creates the file expects of it; 0 when unknown.</param>
public readonly record struct OpenParameters(CreateOptions Options, uint GrantedAccess, FileAttributes Attributes, ulong AllocationSize)
{
    /// <summary>True when content may be written through this opening: FILE_WRITE_DATA or FILE_APPEND_DATA.</summary>
    public bool MayWrite => (GrantedAccess & 0x6) != 0;

    /// <summary>True when content may be read through this opening: FILE_READ_DATA or FILE_EXECUTE.</summary>
    public bool MayRead => (GrantedAccess & 0x21) != 0;

    /// <summary>True when it may be deleted through this opening: DELETE.</summary>
    public bool MayDelete => (GrantedAccess & 0x1_0000) != 0;
}

/// <summary>The bits of NtCreateFile's CreateOptions that concern a file system.</summary>
[Flags]
public enum CreateOptions : uint
{
    None = 0,

    /// <summary>FILE_DIRECTORY_FILE.</summary>
    Directory = 0x0000_0001,

    /// <summary>FILE_NON_DIRECTORY_FILE.</summary>
    NonDirectory = 0x0000_0040,

    /// <summary>FILE_DELETE_ON_CLOSE.</summary>
    DeleteOnClose = 0x0000_1000,
}

/// <summary>What SetBasicInfo changes. Times are FILETIMEs; 0 leaves one as it is.</summary>
/// <param name="Attributes">Null leaves them.</param>
/// <param name="CreationTime">When it was made.</param>
/// <param name="LastAccessTime">When it was read.</param>
/// <param name="LastWriteTime">When its content was changed.</param>
/// <param name="ChangeTime">When anything of it was changed.</param>
public readonly record struct BasicInformation(
    FileAttributes? Attributes, ulong CreationTime, ulong LastAccessTime, ulong LastWriteTime, ulong ChangeTime);
