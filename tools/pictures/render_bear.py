"""Renders docs/pictures/bear.jpg, the photo-like picture of the README, by Cycles: a plush bear beside a plant, in the
light of a window. Nothing in it is a photo or somebody else's model.

    pip install bpy==5.0.1
    python tools/pictures/render_bear.py docs/pictures/bear.jpg [samples]
"""

import math
import random
import sys

import bpy
from mathutils import Vector

random.seed(7)
target = sys.argv[1]
samples = int(sys.argv[2]) if len(sys.argv) > 2 else 64

bpy.ops.wm.read_factory_settings(use_empty=True)
scene = bpy.context.scene


def material(name, colour, roughness=0.5, **more):
    """A principled surface; `more` are other inputs by their names, with _ for blanks."""
    made = bpy.data.materials.new(name)
    inputs = made.node_tree.nodes["Principled BSDF"].inputs
    inputs["Base Color"].default_value = (*colour, 1)
    inputs["Roughness"].default_value = roughness
    for key, value in more.items():
        inputs[key.replace("_", " ")].default_value = value
    return made


def varied(made, dark, light, scale, stretch=(1, 1, 1), bump=0.0, detail=8.0):
    """Gives a material noise between two colours, stretched for the grain of wood, and a bump of the same noise."""
    nodes, links = made.node_tree.nodes, made.node_tree.links
    surface = nodes["Principled BSDF"]
    at = nodes.new("ShaderNodeTexCoord")
    mapping = nodes.new("ShaderNodeMapping")
    mapping.inputs["Scale"].default_value = stretch
    noise = nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = scale
    noise.inputs["Detail"].default_value = detail
    ramp = nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].position = 0.35
    ramp.color_ramp.elements[1].position = 0.65
    ramp.color_ramp.elements[0].color = (*dark, 1)
    ramp.color_ramp.elements[1].color = (*light, 1)
    links.new(at.outputs["Object"], mapping.inputs["Vector"])
    links.new(mapping.outputs["Vector"], noise.inputs["Vector"])
    links.new(noise.outputs["Fac"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], surface.inputs["Base Color"])
    if bump:
        raised = nodes.new("ShaderNodeBump")
        raised.inputs["Strength"].default_value = bump
        raised.inputs["Distance"].default_value = 0.01
        links.new(noise.outputs["Fac"], raised.inputs["Height"])
        links.new(raised.outputs["Normal"], surface.inputs["Normal"])
    return made


def hair_material(name, colour, roughness=0.45):
    made = bpy.data.materials.new(name)
    nodes, links = made.node_tree.nodes, made.node_tree.links
    nodes.clear()
    out = nodes.new("ShaderNodeOutputMaterial")
    hair = nodes.new("ShaderNodeBsdfHairPrincipled")
    hair.parametrization = "COLOR"
    hair.inputs["Roughness"].default_value = roughness
    hair.inputs["Radial Roughness"].default_value = 0.6
    info = nodes.new("ShaderNodeHairInfo")
    shades = nodes.new("ShaderNodeValToRGB")
    shades.color_ramp.elements[0].color = (*(part * 0.72 for part in colour), 1)
    shades.color_ramp.elements[1].color = (*(min(part * 1.25, 1) for part in colour), 1)
    links.new(info.outputs["Random"], shades.inputs["Fac"])
    links.new(shades.outputs["Color"], hair.inputs["Color"])
    hair.inputs["Random Roughness"].default_value = 0.3
    links.new(hair.outputs[0], out.inputs["Surface"])
    return made


def smooth(thing):
    for polygon in thing.data.polygons:
        polygon.use_smooth = True


def ball(at, radii, made, turn=(0, 0, 0), segments=48):
    bpy.ops.mesh.primitive_uv_sphere_add(segments=segments, ring_count=segments // 2, location=at, rotation=turn)
    thing = bpy.context.object
    thing.scale = radii
    bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    smooth(thing)
    thing.data.materials.append(made)
    return thing


def box(at, size, made, bevel=0.004):
    bpy.ops.mesh.primitive_cube_add(size=1, location=at)
    thing = bpy.context.object
    thing.scale = size
    bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    thing.modifiers.new("edge", "BEVEL").width = bevel
    thing.data.materials.append(made)
    return thing


def furry(thing, made, hairs, length, children=28):
    thing.data.materials.append(made)
    thing.modifiers.new("fur", "PARTICLE_SYSTEM")
    settings = thing.particle_systems[-1].settings
    settings.type = "HAIR"
    settings.count = hairs
    settings.hair_length = length
    settings.hair_step = 5
    settings.display_step = 4
    settings.render_step = 4
    settings.use_advanced_hair = True
    settings.factor_random = length * 0.22
    settings.brownian_factor = length * 0.05
    settings.tangent_factor = length * 0.12
    settings.object_align_factor = (0, 0, -length * 0.12)
    settings.child_type = "INTERPOLATED"
    settings.rendered_child_count = children
    settings.child_length = 0.9
    settings.child_length_threshold = 0.4
    settings.roughness_1 = 0.012
    settings.roughness_endpoint = 0.02
    settings.roughness_2 = 0.014
    settings.roughness_2_threshold = 0.25
    settings.clump_factor = 0.55
    settings.kink = "CURL"
    settings.kink_amplitude = length * 0.08
    settings.kink_frequency = 2.2
    settings.root_radius = 0.35
    settings.tip_radius = 0.1
    settings.radius_scale = 0.003
    settings.material = 2


# The bear sits at the origin; one unit is a decimetre.
skin = material("skin", (0.30, 0.16, 0.07), 0.9)
light_skin = material("light skin", (0.55, 0.40, 0.25), 0.9)
fur = hair_material("fur", (0.40, 0.20, 0.075))
light_fur = hair_material("light fur", (0.72, 0.55, 0.36))
felt = varied(material("felt", (0.1, 0.06, 0.04), 0.95), (0.02, 0.014, 0.01), (0.06, 0.04, 0.03), 60, bump=0.4)
glass = material("eyes", (0.012, 0.006, 0.004), 0.06, Coat_Weight=1.0)

furry(ball((0, 0.05, 0.86), (0.66, 0.58, 0.74), skin), fur, 2600, 0.17)
furry(ball((0, -0.08, 1.98), (0.60, 0.54, 0.54), skin), fur, 2400, 0.16)
for side in (-1, 1):
    furry(ball((side * 0.47, 0.02, 2.42), (0.21, 0.11, 0.21), skin, (0, side * 0.35, 0)), fur, 700, 0.12)
    furry(ball((side * 0.455, -0.085, 2.41), (0.13, 0.05, 0.13), light_skin, (0, side * 0.35, 0)), light_fur, 260, 0.06)
    furry(ball((side * 0.70, -0.20, 1.12), (0.22, 0.24, 0.46), skin, (0.45, -side * 0.42, 0)), fur, 1000, 0.15)
    furry(ball((side * 0.46, -0.78, 0.30), (0.27, 0.50, 0.26), skin, (0, 0, side * 0.30)), fur, 1100, 0.14)
    furry(ball((side * 0.585, -1.20, 0.33), (0.20, 0.08, 0.21), light_skin, (0, 0, side * 0.30)), light_fur, 420, 0.07)
    ball((side * 0.215, -0.66, 2.10), (0.09, 0.075, 0.095), glass)
furry(ball((0, -0.52, 1.86), (0.26, 0.22, 0.20), light_skin), light_fur, 800, 0.08)
ball((0, -0.755, 1.95), (0.085, 0.05, 0.06), felt)

# A ribbon around the neck.
ribbon = varied(material("ribbon", (0.02, 0.10, 0.22), 0.55, Sheen_Weight=0.6), (0.012, 0.07, 0.17), (0.02, 0.11, 0.26), 220, bump=0.15)
bpy.ops.mesh.primitive_torus_add(location=(0, -0.04, 1.50), major_radius=0.53, minor_radius=0.055, major_segments=72)
band = bpy.context.object
band.scale = (1, 0.95, 1.2)
band.rotation_euler = (0.12, 0, 0)
smooth(band)
band.data.materials.append(ribbon)
for side in (-1, 1):
    loop = ball((side * 0.21, -0.66, 1.45), (0.19, 0.055, 0.11), ribbon, (0, side * 0.35, side * 0.3))
    tail = ball((side * 0.13, -0.68, 1.27), (0.06, 0.025, 0.2), ribbon, (0.1, side * 0.45, 0))
ball((0, -0.70, 1.45), (0.07, 0.055, 0.075), ribbon)

# Table, wall, and what is out of focus behind.
wood = varied(material("wood", (0.3, 0.15, 0.06), 0.38), (0.16, 0.075, 0.03), (0.36, 0.19, 0.085), 2.2, (0.6, 9, 4), bump=0.12)
for i in range(9):
    box((i * 0.02 - 0.1, -3.2 + i * 0.82, -0.06), (14, 0.815, 0.12), wood, 0.004)
wall = varied(material("wall", (0.5, 0.55, 0.5), 0.9), (0.40, 0.47, 0.43), (0.47, 0.53, 0.49), 3)
box((0, 7.2, 4), (24, 0.1, 12), wall)
shelf = material("shelf", (0.25, 0.13, 0.06), 0.5)
box((2.4, 6.6, 2.75), (5.2, 1.0, 0.12), shelf)
x = 0.25
for _ in range(17):
    width, height = random.uniform(0.12, 0.32), random.uniform(0.9, 1.5)
    hue = random.choice([(0.5, 0.08, 0.05), (0.05, 0.2, 0.3), (0.7, 0.55, 0.25), (0.75, 0.7, 0.6), (0.1, 0.25, 0.12), (0.3, 0.1, 0.2)])
    box((x + width / 2, 6.5, 2.81 + height / 2), (width, 0.8, height), material("book", hue, 0.6))
    x += width + 0.015
box((-3.2, 7.1, 4.1), (2.2, 0.08, 2.8), material("frame", (0.08, 0.05, 0.03), 0.4))
box((-3.2, 7.04, 4.1), (1.95, 0.04, 2.55), varied(material("print", (0.7, 0.6, 0.5), 0.8), (0.12, 0.28, 0.3), (0.85, 0.6, 0.35), 1.1, detail=2))

# A plant behind, at the left.
clay = varied(material("clay", (0.45, 0.17, 0.08), 0.8), (0.36, 0.13, 0.06), (0.5, 0.22, 0.12), 9, bump=0.2)
bpy.ops.mesh.primitive_cone_add(vertices=64, radius1=0.42, radius2=0.58, depth=0.95, location=(-2.3, 2.3, 0.48))
smooth(bpy.context.object)
bpy.context.object.data.materials.append(clay)
leaf = material("leaf", (0.05, 0.2, 0.035), 0.4, Subsurface_Weight=0.15)
for i in range(46):
    angle, lean = random.uniform(0, math.tau), random.uniform(0.15, 1.15)
    length = random.uniform(0.7, 1.5)
    vertices, faces = [], []
    for k in range(13):
        t = k / 12
        reach = length * t
        bend = lean * (0.35 + 0.9 * t * t)
        out, up = reach * math.sin(bend), reach * math.cos(bend * 0.8)
        half = 0.11 * math.sin(math.pi * min(t * 0.92 + 0.06, 1)) + 0.004
        centre = Vector((math.cos(angle) * out, math.sin(angle) * out, up))
        across = Vector((-math.sin(angle), math.cos(angle), 0)) * half
        vertices += [centre - across, centre + Vector((0, 0, -0.03)), centre + across]
        if k:
            a = 3 * k - 3
            faces += [(a, a + 1, a + 4, a + 3), (a + 1, a + 2, a + 5, a + 4)]
    mesh = bpy.data.meshes.new("leaf")
    mesh.from_pydata([tuple(v) for v in vertices], [], faces)
    thing = bpy.data.objects.new("leaf", mesh)
    thing.location = (-2.3 + math.cos(angle) * 0.15, 2.3 + math.sin(angle) * 0.15, 0.9)
    smooth(thing)
    mesh.materials.append(leaf)
    scene.collection.objects.link(thing)


def lamp(at, towards, size, power, colour):
    made = bpy.data.lights.new("lamp", "AREA")
    made.energy, made.size, made.color = power, size, colour
    thing = bpy.data.objects.new("lamp", made)
    thing.location = at
    thing.rotation_euler = (Vector(towards) - Vector(at)).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(thing)


lamp((-4.5, -2.6, 5.2), (0, 0, 1.2), 2.6, 900, (1, 0.95, 0.88))
lamp((5, -3, 3), (0, 0, 1), 4, 130, (0.8, 0.9, 1))
lamp((2.5, 4, 5), (0, 0, 1.6), 1.4, 420, (1, 0.86, 0.7))
lamp((-1, 4.6, 7), (0.5, 7, 3), 3, 420, (1, 0.92, 0.82))
world = bpy.data.worlds.new("room")
world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.62, 0.68, 0.75, 1)
world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.25
scene.world = world

camera = bpy.data.cameras.new("camera")
camera.lens = 62
camera.dof.use_dof = True
camera.dof.aperture_fstop = 0.24
eye = bpy.data.objects.new("camera", camera)
eye.location = (1.1, -8.2, 2.5)
aim = Vector((-0.05, 0, 1.28))
eye.rotation_euler = (aim - eye.location).to_track_quat("-Z", "Y").to_euler()
camera.dof.focus_distance = (Vector((0, -0.6, 1.9)) - eye.location).length
scene.collection.objects.link(eye)
scene.camera = eye

scene.render.engine = "CYCLES"
scene.cycles.samples = samples
scene.cycles.use_denoising = True
scene.cycles.denoiser = "OPENIMAGEDENOISE"
scene.cycles.max_bounces = 8
scene.render.threads_mode = "FIXED"
scene.render.threads = 2
scene.render.resolution_x, scene.render.resolution_y = 1024, 768
scene.render.resolution_percentage = int(sys.argv[3]) if len(sys.argv) > 3 else 100
scene.view_settings.view_transform = "AgX"
scene.view_settings.look = "AgX - High Contrast"
scene.view_settings.exposure = -0.15
scene.render.image_settings.file_format = "JPEG"
scene.render.image_settings.quality = 92
scene.render.filepath = target
bpy.ops.render.render(write_still=True)
