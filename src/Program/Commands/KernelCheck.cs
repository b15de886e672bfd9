using System.Runtime.Versioning;
using OrthancCloudFs.Configuration;
using OrthancCloudFs.Program.Kernel;
using WinFspBinding;

namespace OrthancCloudFs.Program.Commands;

/// <summary>What a mount needs from the kernel and its tools.</summary>
internal static class KernelCheck
{
    private static readonly Version Oldest = new(5, 10);

    public static void Run(CloudFsSettings settings, CheckCommand.Report report)
    {
        if (OperatingSystem.IsWindows())
            CheckWindows(settings, report);
        else
            CheckLinux(settings, report);
    }

    [SupportedOSPlatform("windows")]
    private static void CheckWindows(CloudFsSettings settings, CheckCommand.Report report)
    {
        try
        {
            WinFspLibrary.Load();
            CheckCommand.Report.Pass("WinFsp", "it is installed");
        }
        catch (WinFspException e)
        {
            report.Fail(ExitCode.Mount, "WinFsp", e.Message);
        }

        var mountPoint = new WindowsMountPoint(settings.MountPoint);
        if (mountPoint.FindFault() is { } fault)
            report.Fail(ExitCode.Mount, "mount point", fault);
        else
            CheckCommand.Report.Pass("mount point", $"{mountPoint.Name} is free");
        if (!mountPoint.IsDrive)
            CheckCommand.Report.Warn("mount point: after a crash of the mount Orthanc could make this folder itself, and store in plain; a free drive such as O:\\ is safer");
    }

    private static void CheckLinux(CloudFsSettings settings, CheckCommand.Report report)
    {
        if (Environment.OSVersion.Version < Oldest)
            report.Fail(ExitCode.Mount, "kernel", $"{Environment.OSVersion.Version} is older than {Oldest}");
        else
            CheckCommand.Report.Pass("kernel", $"{Environment.OSVersion.Version}");
        if (File.Exists("/dev/fuse"))
            CheckCommand.Report.Pass("FUSE", "/dev/fuse is there");
        else
            report.Fail(ExitCode.Mount, "FUSE", "there is no /dev/fuse: load the kernel module 'fuse', or give the container access to it");
        if (Directory.Exists(settings.MountPoint))
            CheckCommand.Report.Pass("mount point", settings.MountPoint);
        else
            report.Fail(ExitCode.Mount, "mount point", $"{settings.MountPoint} does not exist: create it, owned by Orthanc's user");
        if (!Environment.IsPrivilegedProcess)
            CheckUnprivileged(report);
    }

    private static void CheckUnprivileged(CheckCommand.Report report)
    {
        bool found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "fusermount3")));
        if (found)
            CheckCommand.Report.Pass("fusermount3", "mounting without being root");
        else
            report.Fail(ExitCode.Mount, "fusermount3", "not found, and this user is not root: install the package fuse3");
    }
}
