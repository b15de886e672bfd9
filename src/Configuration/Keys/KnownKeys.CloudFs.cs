namespace OrthancCloudFs.Configuration;

public static partial class KnownKeys
{
    public static TextKey MountPoint { get; } = new(
        SectionNames.CloudFs, "MountPoint", KeySource.Ours, "path", "Orthanc's `StorageDirectory`")
    {
        Meaning = "The directory that becomes the mount.",
    };

    public static IntegerKey StagingMemory { get; } = new(SectionNames.CloudFs, "StagingMemory", KeySource.Ours, 512, 64, 1048576, "MB")
    {
        Meaning = "Memory for everything held on the way to and from the bucket, the read cache included; beyond it, writers wait.",
    };

    public static TextKey Owner { get; } = new(
        SectionNames.CloudFs, "Owner", KeySource.Ours, "user name or id", "owner of the mount point directory")
    {
        Meaning = "Owner of everything in the mount; on a stock Debian `orthanc`.",
    };

    public static TextKey Group { get; } = new(
        SectionNames.CloudFs, "Group", KeySource.Ours, "group name or id", "group of the mount point directory")
    {
        Meaning = "Group of everything in the mount.",
    };

    public static TextKey DirectoryMode { get; } = new(
        SectionNames.CloudFs, "DirectoryMode", KeySource.Ours, "octal text, 0700 to 0777", "0700", "0700")
    {
        Meaning = "Permissions of directories in the mount; a text such as \"0750\".",
    };

    public static TextKey FileMode { get; } = new(
        SectionNames.CloudFs, "FileMode", KeySource.Ours, "octal text, 0600 to 0777", "0600", "0600")
    {
        Meaning = "Permissions of attachments in the mount; a text such as \"0640\".",
    };

    public static BooleanKey AllowOther { get; } = new(
        SectionNames.CloudFs, "AllowOther", KeySource.Ours, null, "true when the owner is not the mounting user")
    {
        Meaning = "Whether users other than the mounting one may enter; permissions apply in any case.",
    };

    public static ChoiceKey ReadMode { get; } = new(SectionNames.CloudFs, "ReadMode", KeySource.Ours, "Direct", ["Direct", "PageCache"])
    {
        Meaning = "Reads are answered from the program's own memory, or kept in the kernel's page cache as well.",
    };

    public static IntegerKey EntryTimeout { get; } = new(SectionNames.CloudFs, "EntryTimeout", KeySource.Ours, 3600, 0, 31536000, "s")
    {
        Meaning = "How long the kernel may keep names and attributes; shorter where others change the same bucket.",
    };

    public static BooleanKey GuardUnderlay { get; } = new(SectionNames.CloudFs, "GuardUnderlay", KeySource.Ours, true)
    {
        Meaning = "Placeholder files beneath the mount point keep Orthanc from storing plain files there while the mount is away; on Windows one in the place of a folder that is away.",
    };

    public static TextKey StateDirectory { get; } = new(
        SectionNames.CloudFs, "StateDirectory", KeySource.Ours, "path", @"/var/lib/orthanc-cloudfs; on Windows %ProgramData%\OrthancCloudFs", DefaultStateDirectory())
    {
        Meaning = "Local disk for what must outlive the program: deletions that the bucket has not confirmed, uploads under way, the journal.",
    };

    public static TextKey UnderlayDirectory { get; } = new(
        SectionNames.CloudFs, "UnderlayDirectory", KeySource.Ours, "path", "`underlay` in `StateDirectory`")
    {
        Meaning = "Windows: the folder that holds what is no attachment, such as Orthanc's index. On Linux that is the directory beneath the mount point.",
    };

    public static ChoiceKey WriteMode { get; } = new(SectionNames.CloudFs, "WriteMode", KeySource.Ours, "Through", ["Through", "Journal"])
    {
        Meaning = "A store is acknowledged by the bucket, or when the encrypted object is safe in a journal in `StateDirectory`; see below.",
    };

    public static IntegerKey JournalMaxSize { get; } = new(SectionNames.CloudFs, "JournalMaxSize", KeySource.Ours, 10240, 64, 1073741824, "MB")
    {
        Meaning = "Most disk that the journal takes; beyond it, stores go through to the bucket.",
    };

    public static IntegerKey ShutdownTimeout { get; } = new(SectionNames.CloudFs, "ShutdownTimeout", KeySource.Ours, 10, 0, 3600, "s")
    {
        Meaning = "When the program is told to end: how long it waits for open files, and for what the bucket has not confirmed yet.",
    };

    public static BooleanKey AllowPlainObjects { get; } = new(SectionNames.CloudFs, "AllowPlainObjects", KeySource.Ours, false)
    {
        Meaning = "With encryption on, objects without an envelope are readable too; nothing authenticates them.",
    };

    public static ChoiceKey Checksum { get; } = new(SectionNames.CloudFs, "Checksum", KeySource.Ours, "Sha256", ["Sha256", "Md5", "None"])
    {
        Meaning = "Checksum sent with an upload to S3; weaker ones for gateways that do not know `x-amz-checksum-sha256`.",
    };

    public static BooleanKey IfNoneMatch { get; } = new(SectionNames.CloudFs, "IfNoneMatch", KeySource.Ours, true)
    {
        Meaning = "Put objects to S3 only where none is yet (`If-None-Match: *`); false for gateways that do not know it.",
    };

    public static ChoiceKey LogLevel { get; } = new(
        SectionNames.CloudFs, "LogLevel", KeySource.Ours, "Information", ["Trace", "Debug", "Information", "Warning", "Error", "Critical", "None"])
    {
        Meaning = "The least severe messages to log.",
    };

    public static ChoiceKey LogFormat { get; } = new(
        SectionNames.CloudFs, "LogFormat", KeySource.Ours, "Simple", ["Simple", "Json", "Systemd"])
    {
        Meaning = "Form of a log line: for people, for collectors, for the journal.",
    };

    public static TextKey LogFile { get; } = new(SectionNames.CloudFs, "LogFile", KeySource.Ours, "path", "standard error")
    {
        Meaning = "File to append the log to.",
    };

    public static IntegerKey HealthPort { get; } = new(SectionNames.CloudFs, "HealthPort", KeySource.Ours, 0, 0, 65535, "")
    {
        Meaning = "Port of 127.0.0.1 that serves `/health` and `/metrics`; 0 for none.",
    };

    private static string DefaultStateDirectory() => OperatingSystem.IsWindows()
        ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "OrthancCloudFs")
        : "/var/lib/orthanc-cloudfs";
}
