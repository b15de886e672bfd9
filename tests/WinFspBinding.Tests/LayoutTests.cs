using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using WinFspBinding.Native;

namespace WinFspBinding.Tests;

/// <summary>Sizes and offsets of WinFsp's x64 binary interface, in bytes, as its C headers give them to a compiler for Windows.</summary>
public sealed class LayoutTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(3600, 3_600_000)]
    [InlineData(31_536_000, uint.MaxValue - 1)] // one more means "for ever", with which the driver writes after the closing
    public void Information_is_kept_for_a_time_that_ends(int seconds, uint milliseconds)
    {
        var options = new WinFspVolumeOptions { FileSystemName = "Test", InformationTimeout = TimeSpan.FromSeconds(seconds) };
        Assert.Equal(milliseconds, WinFspVolume.ParametersOf(options).FileInfoTimeout);
    }

    [Theory]
    [InlineData(typeof(VolumeParameters), 504)]
    [InlineData(typeof(VolumeInformation), 88)]
    [InlineData(typeof(FileInformation), 72)]
    [InlineData(typeof(DirectoryInformation), 104)]
    [InlineData(typeof(FullContext), 16)]
    [InlineData(typeof(TransactRequest), 88)]
    [InlineData(typeof(TransactResponse), 128)]
    [InlineData(typeof(OperationContext), 16)]
    [InlineData(typeof(FileSystemObject), 792)]
    [InlineData(typeof(FileSystemInterface), 512)]
    public void Structures_have_the_size(Type structure, int size) => Assert.Equal(size, SizeOf(structure));

    [Theory]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.Version), 0)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.SectorSize), 2)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.SectorsPerAllocationUnit), 4)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.MaxComponentLength), 6)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.VolumeCreationTime), 8)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.VolumeSerialNumber), 16)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.IrpTimeout), 24)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.IrpCapacity), 28)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.FileInfoTimeout), 32)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.Flags), 36)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.Prefix), 40)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.FileSystemName), 424)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.TimeoutFlags), 456)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.VolumeInfoTimeout), 460)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.DirectoryInfoTimeout), 464)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.SecurityTimeout), 468)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.StreamInfoTimeout), 472)]
    [InlineData(typeof(VolumeParameters), nameof(VolumeParameters.ExtendedAttributesTimeout), 476)]
    [InlineData(typeof(VolumeInformation), nameof(VolumeInformation.TotalSize), 0)]
    [InlineData(typeof(VolumeInformation), nameof(VolumeInformation.FreeSize), 8)]
    [InlineData(typeof(VolumeInformation), "_labelBytes", 16)]
    [InlineData(typeof(VolumeInformation), "_label", 18)]
    [InlineData(typeof(FileInformation), nameof(FileInformation.Attributes), 0)]
    [InlineData(typeof(FileInformation), nameof(FileInformation.ReparseTag), 4)]
    [InlineData(typeof(FileInformation), nameof(FileInformation.AllocationSize), 8)]
    [InlineData(typeof(FileInformation), nameof(FileInformation.FileSize), 16)]
    [InlineData(typeof(FileInformation), nameof(FileInformation.CreationTime), 24)]
    [InlineData(typeof(FileInformation), nameof(FileInformation.LastAccessTime), 32)]
    [InlineData(typeof(FileInformation), nameof(FileInformation.LastWriteTime), 40)]
    [InlineData(typeof(FileInformation), nameof(FileInformation.ChangeTime), 48)]
    [InlineData(typeof(FileInformation), nameof(FileInformation.IndexNumber), 56)]
    [InlineData(typeof(FileInformation), nameof(FileInformation.HardLinks), 64)]
    [InlineData(typeof(FileInformation), nameof(FileInformation.ExtendedAttributesSize), 68)]
    [InlineData(typeof(DirectoryInformation), nameof(DirectoryInformation.Size), 0)]
    [InlineData(typeof(DirectoryInformation), nameof(DirectoryInformation.FileInformation), 8)]
    [InlineData(typeof(DirectoryInformation), nameof(DirectoryInformation.NextOffset), 80)]
    [InlineData(typeof(FullContext), nameof(FullContext.UserContext), 0)]
    [InlineData(typeof(FullContext), nameof(FullContext.UserContext2), 8)]
    [InlineData(typeof(TransactRequest), nameof(TransactRequest.Version), 0)]
    [InlineData(typeof(TransactRequest), nameof(TransactRequest.Size), 2)]
    [InlineData(typeof(TransactRequest), nameof(TransactRequest.Kind), 4)]
    [InlineData(typeof(TransactRequest), nameof(TransactRequest.Hint), 8)]
    [InlineData(typeof(TransactResponse), nameof(TransactResponse.Version), 0)]
    [InlineData(typeof(TransactResponse), nameof(TransactResponse.Size), 2)]
    [InlineData(typeof(TransactResponse), nameof(TransactResponse.Kind), 4)]
    [InlineData(typeof(TransactResponse), nameof(TransactResponse.Hint), 8)]
    [InlineData(typeof(TransactResponse), nameof(TransactResponse.Information), 16)]
    [InlineData(typeof(TransactResponse), nameof(TransactResponse.Status), 20)]
    [InlineData(typeof(TransactResponse), nameof(TransactResponse.FileInformation), 24)]
    [InlineData(typeof(OperationContext), nameof(OperationContext.Request), 0)]
    [InlineData(typeof(OperationContext), nameof(OperationContext.Response), 8)]
    [InlineData(typeof(FileSystemObject), nameof(FileSystemObject.Version), 0)]
    [InlineData(typeof(FileSystemObject), nameof(FileSystemObject.UserContext), 8)]
    [InlineData(typeof(FileSystemObject), nameof(FileSystemObject.EnterOperation), 536)]
    [InlineData(typeof(FileSystemObject), nameof(FileSystemObject.LeaveOperation), 544)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.GetVolumeInfo), 0)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.GetSecurityByName), 16)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.Create), 24)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.Open), 32)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.Overwrite), 40)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.Cleanup), 48)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.Close), 56)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.Read), 64)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.Write), 72)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.Flush), 80)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.GetFileInfo), 88)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.SetBasicInfo), 96)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.SetFileSize), 104)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.CanDelete), 112)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.Rename), 120)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.GetSecurity), 128)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.ReadDirectory), 144)]
    [InlineData(typeof(FileSystemInterface), nameof(FileSystemInterface.DispatcherStopped), 256)]
    public void Fields_are_at_the_offset(Type structure, string field, int offset)
    {
        FieldInfo found = FieldOf(structure, field);
        Assert.Equal(offset, (int)Marshal.OffsetOf(structure, found.Name));
    }

    [Fact]
    public void Every_field_of_every_structure_is_asserted()
    {
        HashSet<string> asserted = [.. typeof(LayoutTests).GetMethod(nameof(Fields_are_at_the_offset))!
            .GetCustomAttributes<InlineDataAttribute>()
            .Select(row => $"{((Type)row.Data[0]!).Name}.{FieldOf((Type)row.Data[0]!, (string)row.Data[1]!).Name}")];
        Type[] structures = [.. typeof(LayoutTests).GetMethod(nameof(Structures_have_the_size))!
            .GetCustomAttributes<InlineDataAttribute>().Select(row => (Type)row.Data[0]!)];
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        string[] missing = [.. structures
            .SelectMany(structure => structure.GetFields(All).Select(field => $"{structure.Name}.{field.Name}"))
            .Where(field => !asserted.Contains(field))];
        Assert.Empty(missing);
    }

    private static FieldInfo FieldOf(Type structure, string name)
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        return structure.GetField(name, All) ?? structure.GetField($"<{name}>k__BackingField", All)
            ?? throw new ArgumentException($"{structure.Name} has no field {name}", nameof(name));
    }

    private static int SizeOf(Type structure) => (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(structure).Invoke(null, null)!;
}
